/**
 * The colours of a report in light, in dark and on paper. Their contrast to the ground is at least 4.5 in all of them,
 * and arms also differ by shape and dash.
 */
export const colorStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --faint: #59636e; --line: #d5dae0; --shadow: #00000026;
  --good: #13693a; --bad: #b3261e; --doubt: #855300; --neutral: #1f5fa8;
  --arm-0: #1f5fa8; --arm-1: #b3420b; --arm-2: #13693a; --arm-3: #7d3c98; --arm-4: #6b5d00; --arm-5: #59636e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1e2329; --ink: #e6e9ec; --faint: #a4aeb9; --line: #39424c; --shadow: #ffffff33;
    --good: #62d394; --bad: #ff8a80; --doubt: #f2c063; --neutral: #7db7f5;
    --arm-0: #7db7f5; --arm-1: #ff9d66; --arm-2: #62d394; --arm-3: #d5a6f2; --arm-4: #d9cb57; --arm-5: #a4aeb9;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --raised: #ffffff; --ink: #000000; --faint: #444444; --line: #bbbbbb; --shadow: transparent;
    --good: #13693a; --bad: #b3261e; --doubt: #855300; --neutral: #1f5fa8;
    --arm-0: #1f5fa8; --arm-1: #b3420b; --arm-2: #13693a; --arm-3: #7d3c98; --arm-4: #6b5d00; --arm-5: #59636e;
  }
}
`;

/** The look of what a chart draws. */
export const chartStyle = `
svg text { fill: var(--ink); font-size: 11px; white-space: pre; }
.axis path { stroke: var(--faint); stroke-width: 1; } .grid { stroke: var(--line); stroke-width: 1; }
.dots { stroke-opacity: .85; } .line { stroke-opacity: .85; stroke-linejoin: round; }
.box { fill-opacity: .18; } .median { stroke-width: 3; }
.bars text { font-size: 12px; } .bars .track { fill: var(--raised); }
`;

/** The look of the page: the colours of the system, and one column on a phone. */
export const style = `${colorStyle}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 80rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
.part { display: inline-block; }
.glance { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); margin: 1.5rem 0; }
.figure { display: grid; grid-template-rows: subgrid; grid-row: span 4; row-gap: 0; max-width: 30rem; min-width: 0; break-inside: avoid; }
.figure h2 { border: 0; margin: 0; padding: 0; font-size: 1rem; }
.figure h2::first-letter { text-transform: uppercase; }
.lead { margin: 0 0 .5rem; }
.lead strong { display: block; font-size: 2rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figure .note { margin: .5rem 0 1.5rem; }
.lead span { color: var(--faint); font-size: .875rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p, ul, ol { margin: .5rem 0; max-width: 48rem; }
ul, ol { padding-left: 1.5rem; }
.note, figcaption p, header .faint { color: var(--faint); font-size: .875rem; }
.verdict { border-left: .3rem solid var(--tone); background: var(--raised); padding: .75rem 1rem; margin: 1.25rem 0; }
.verdict strong { color: var(--tone); font-size: 1.1rem; }
.tone-good { --tone: var(--good); } .tone-bad { --tone: var(--bad); }
.tone-doubt { --tone: var(--doubt); } .tone-neutral { --tone: var(--neutral); }
/* Shadows at the edges show that a table goes on: the covers move with the table, and the shadows don't. */
.scroll {
  overflow-x: auto; width: fit-content; max-width: 100%; margin: .75rem 0 .25rem;
  background:
    linear-gradient(to right, var(--ground) 40%, transparent) 0 0 / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--ground) 40%, transparent) 100% 0 / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--shadow), transparent) 0 0 / .6rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shadow), transparent) 100% 0 / .6rem 100% no-repeat scroll;
}
.scroll:focus-visible { outline: 2px solid var(--neutral); }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; white-space: nowrap; }
th, td { padding: .3rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } tbody th { font-weight: 400; }
th:first-child { padding-left: 0; }
sup a { color: inherit; text-decoration: none; padding-left: .15rem; }
.words { text-align: left; } .long { white-space: normal; min-width: 16rem; overflow-wrap: anywhere; }
/* The first column stays in sight while the others scroll. */
th:first-child { position: sticky; left: 0; background: var(--ground); white-space: normal; overflow-wrap: anywhere; min-width: 7rem; max-width: 40vw; }
.better { color: var(--good); } .worse { color: var(--bad); } .faint { color: var(--faint); }
.charts { display: grid; gap: 1.5rem 2.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); margin: 1rem 0; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption { font-size: .875rem; } figcaption strong { display: block; font-size: 1rem; }
figcaption strong::first-letter { text-transform: uppercase; }
figcaption p { margin: 0 0 .25rem; }
svg { display: block; width: 100%; max-width: 30rem; height: auto; fill: none; stroke-width: 1.5; }
${chartStyle}
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .75rem 0; list-style: none; font-size: .875rem; }
.legend svg { display: inline-block; width: 1.9rem; height: .75rem; vertical-align: baseline; margin-right: .4rem; }
details { margin: .5rem 0; } summary { cursor: pointer; font-size: .875rem; color: var(--faint); }
h2, h3, caption { break-after: avoid; } tr { break-inside: avoid; }
@media (max-width: 30rem) { table { font-size: .8rem; } th, td { padding: .3rem .35rem; } }
/* On paper nothing can be opened or scrolled: details are shown, and tables break their lines instead. */
@media print {
  :root { font-size: 80%; }
  body { padding: 0; max-width: none; }
  details { display: block; } details::details-content { content-visibility: visible; display: block; block-size: auto; }
  .scroll { overflow: visible; width: auto; background: none; }
  table { font-size: .8rem; } th, td { padding: .1rem .25rem; white-space: normal; overflow-wrap: break-word; }
  th:first-child { position: static; max-width: none; min-width: 4rem; } .long { min-width: 0; overflow-wrap: anywhere; }
  .charts { grid-template-columns: 1fr 1fr; } .glance { grid-template-columns: repeat(3, 1fr); gap: 1rem; } .lead strong { font-size: 1.3rem; }
}
`;
