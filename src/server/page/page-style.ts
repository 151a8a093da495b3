/** The style sheet of the page, served at `/page.css`. */
export const pageStyle = `:root { color-scheme: light dark; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; --line: #8886; --busy: #2563eb; }
* { box-sizing: border-box; }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.5rem 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 0.5rem; }
h3 { font-size: 1.05rem; margin: 0; }
nav a { margin-right: 0.6rem; }
:focus-visible { outline: 3px solid var(--busy); outline-offset: 2px; }
article, #workers li, .transfers li { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; margin: 0 0 0.75rem; }
article p { margin: 0.25rem 0; }
.facts, small, .transfers:empty::after { font-size: 0.9rem; }
.fault { font-weight: 600; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13rem, 100%), 1fr)); gap: 0.75rem; margin: 0.75rem 0; }
.fields > div { display: flex; flex-direction: column; min-width: 0; }
label { font-weight: 600; }
input, select, button { font: inherit; min-width: 0; max-width: 100%; padding: 0.3rem 0.5rem; }
button, summary { cursor: pointer; }
input, select:not([multiple]) { min-height: 2.4rem; }
[aria-disabled="true"] { opacity: 0.6; }
[role="status"], [role="alert"] { margin: 0; }
:is([role="status"], [role="alert"]):not(:empty) { margin: 0.5rem 0; }
code { font-size: 0.9rem; }
.curl span { display: inline-block; max-width: 100%; }
dialog { width: min(60rem, 100% - 2rem); max-height: calc(100% - 2rem); }
pre { overflow: auto; max-height: 60vh; }
ul { list-style: none; margin: 0; padding: 0; }
#workers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 0.75rem; }
#workers li { margin: 0; }
.slots { display: flex; flex-wrap: wrap; gap: 0.25rem; margin: 0.35rem 0; }
.slots i { width: 1rem; height: 1rem; border: 2px solid var(--busy); border-radius: 0.2rem; }
.slots .busy { background: var(--busy); }
.slots .queued { border-style: dashed; border-radius: 50%; }
.transfers:empty::after { content: "none"; }
.transfers li { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; font-variant-numeric: tabular-nums; }
.share { display: inline-flex; align-items: center; gap: 0.5rem; }
progress { width: 8rem; max-width: 100%; }
[hidden] { display: none; }
`;
