import { pageShell, scriptTag } from "./page-shell.ts";

/**
 * The page for a browser that has no token. The script shows its form, and keeps the token in memory. The field has no name, so
 * that no browser ever sends it by itself.
 * @param takesTokens whether a token opens the server; otherwise only signed links do
 */
export function signInPage(takesTokens: boolean): string {
  return pageShell({
    title: "Sign in · stream-csv",
    head: takesTokens ? scriptTag : "",
    body: `<main class="sign-in">
<h1>stream-csv</h1>
${takesTokens ? form : `<p>This server can be used through a signed link. Ask the people who run it for one.</p>`}
</main>`,
  });
}

const form = `<p>This server needs a token. The people who run it make one with <code>stream-csv token</code>.</p>
<noscript><p class="fault">Signing in needs script, which this browser doesn't run. Without it, use a signed link.</p></noscript>
<form id="sign-in" hidden>
<div class="fields"><div>
<label for="token">Token</label>
<input id="token" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" required aria-describedby="token-help sign-in-state">
<small id="token-help">It is kept in the memory of this page, and forgotten when you sign out, reload or close it.</small>
</div></div>
<p id="sign-in-state" class="fault" role="alert"></p>
<p><button>Sign in</button></p>
</form>`;
