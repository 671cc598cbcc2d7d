/**
 * Trusted Types: where a page demands them, script addresses reach the browser only through a policy, and this is the only
 * one of the project's own. It lets through scripts that stand where this one came from, and starters of them that were
 * made here. [TT] 2.3; Lit has a policy of its own, "lit-html", for its templates, which are constants of the program.
 */

interface Policy {
  createScriptURL(url: string): string;
}
interface Policies {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

function rules(isOurs: (url: URL) => boolean): Policy {
  return {
    createScriptURL(text) {
      if (!isOurs(new URL(text))) throw new TypeError(`${text} is no script of Posada.`);
      return text;
    },
  };
}

/** @throws TypeError where the address leads to somebody else's script */
export function scriptUrl(url: string): string {
  const home = new URL(import.meta.url).origin;
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  const ours = rules(({ protocol, origin }) => protocol === "blob:" ? origin === location.origin : origin === home);
  policy ??= trustedTypes?.createPolicy("posada", ours) ?? ours;
  return policy.createScriptURL(url);
} // prettier-ignore
