/** The looks of `<posada-machine>`, inside its shadow; a page changes them by `::part(…)` and custom properties. */

export const STYLE = `
:host { display: inline-block; box-sizing: border-box; width: 45rem; max-width: 100%; aspect-ratio: 4 / 3; color: #fbf3e6;
  background: var(--posada-background, #120d0a); font: 1rem/1.4 system-ui, sans-serif; border-radius: 6px; overflow: hidden; }
:host([hidden]) { display: none; }
.frame { display: grid; grid-template-rows: minmax(0, 1fr) auto; width: 100%; height: 100%; }
.stage { position: relative; display: grid; place-items: center; min-height: 0; overflow: hidden; }
canvas { display: block; background: #000; touch-action: none; outline: none; }
canvas:focus-visible { box-shadow: 0 0 0 3px #f09468; }
.plate { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 0.6rem; padding: 1rem;
  text-align: center; background: rgb(18 13 10 / 82%); overflow: auto; }
.plate[hidden], .bar[hidden] { display: none; }
.title { margin: 0; font-weight: 600; font-size: 1.1rem; overflow-wrap: anywhere; }
.text { margin: 0; overflow-wrap: anywhere; }
button { min-height: 2.75rem; padding: 0 1.1rem; border: 1px solid #f09468; border-radius: 6px; font: inherit; color: #2c0d08;
  background: #f7b48f; cursor: pointer; }
button:focus-visible { outline: 3px solid #fbf3e6; outline-offset: 2px; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem; padding: 0.35rem; background: #241912; }
.bar button { min-height: 2.25rem; padding: 0 0.8rem; color: #fbf3e6; background: transparent; border-color: #6d5546; }
.bar .said { margin-inline-start: auto; padding-inline: 0.5rem; font-size: 0.875rem; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
