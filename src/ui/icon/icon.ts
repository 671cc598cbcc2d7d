/** The page's own line icons, 24 × 24, drawn in the color of the text. They say nothing to screen readers. */
import { html, svg } from "lit";
import type { SVGTemplateResult, TemplateResult } from "lit";

const shapes = {
  play: svg`<path d="M8 5.5v13l10.5-6.5z" fill="currentColor" />`,
  pause: svg`<path d="M8.5 6v12M15.5 6v12" stroke-width="2.6" />`,
  reset: svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.4-5.5" /><path d="M19.8 3.6v4.2h-4.2" />`,
  powerButton: svg`<path d="M12 3.5v8" /><path d="M7.2 6.8a7.5 7.5 0 1 0 9.6 0" />`,
  plug: svg`<path d="M9 3.5v5M15 3.5v5" /><path d="M6.5 8.5h11v2.5a5.5 5.5 0 0 1-11 0z" /><path d="M12 16.5v4" />`,
  keys: svg`<rect x="2.5" y="6" width="19" height="12" rx="2.5" /><path d="M6.5 10h.01M10.2 10h.01M13.9 10h.01M17.5 10h.01M8 14h8" />`,
  deleteKey: svg`<rect x="2.5" y="5.5" width="19" height="13" rx="3" /><text x="12" y="14.8" text-anchor="middle" font-size="7.6" font-weight="700" fill="currentColor" stroke="none">Del</text>`,
  expand: svg`<path d="M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15" />`,
  shrink: svg`<path d="M9 4.5V9H4.5M19.5 9H15V4.5M15 19.5V15h4.5M4.5 15H9v4.5" />`,
  camera: svg`<path d="M3.5 8.5a2 2 0 0 1 2-2h2.3l1.4-2h5.6l1.4 2h2.3a2 2 0 0 1 2 2v8.5a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z" /><circle cx="12" cy="12.5" r="3.5" />`,
  terminal: svg`<rect x="3" y="4.5" width="18" height="15" rx="2.5" /><path d="m7 9.5 3 2.5-3 2.5M12.5 15h4" />`,
  disc: svg`<circle cx="12" cy="12" r="8.5" /><circle cx="12" cy="12" r="2.2" />`,
  floppy: svg`<path d="M4.5 6.5a2 2 0 0 1 2-2h9.3l3.7 3.7v9.3a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2z" /><path d="M8.5 4.5V9h6V4.5M8 19.5v-6h8v6" />`,
  disk: svg`<ellipse cx="12" cy="6.5" rx="7.5" ry="3" /><path d="M4.5 6.5v11c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3v-11M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3" />`,
  pointer: svg`<path d="m6 4.5 12.5 6.8-5.6 1.6-2.3 5.6z" />`,
  close: svg`<path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />`,
  sun: svg`<circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4" />`,
  moon: svg`<path d="M19.5 14.3A8 8 0 0 1 9.7 4.5a8 8 0 1 0 9.8 9.8z" />`,
  halves: svg`<circle cx="12" cy="12" r="8" /><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />`,
  globe: svg`<circle cx="12" cy="12" r="8.5" /><path d="M3.5 12h17M12 3.5c5 5.3 5 11.7 0 17M12 3.5c-5 5.3-5 11.7 0 17" />`,
  open: svg`<path d="M12 15.5V4.5M7.5 8.5 12 4.2l4.5 4.3" /><path d="M4.5 15v2.5a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V15" />`,
  chevron: svg`<path d="m7 10 5 5 5-5" />`,
  eject: svg`<path d="M12 5.5 5.5 13.5h13zM5.5 17.5h13" />`,
  warning: svg`<path d="M12 4.5 3.5 19.5h17z" /><path d="M12 10v4.5M12 17h.01" />`,
  box: svg`<path d="M4 8 12 4l8 4v8l-8 4-8-4z" /><path d="m4 8 8 4 8-4M12 12v8" />`,
  memory: svg`<rect x="6" y="6" width="12" height="12" rx="2" /><path d="M9.5 3.5V6M14.5 3.5V6M9.5 18v2.5M14.5 18v2.5M3.5 9.5H6M3.5 14.5H6M18 9.5h2.5M18 14.5h2.5" />`,
  leave: svg`<path d="M14 4.5H7.5a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H14" /><path d="M10.5 12h9M16 8.5l3.5 3.5-3.5 3.5" />`,
  paste: svg`<path d="M8.5 5.5h-2a1.5 1.5 0 0 0-1.5 1.5v12A1.5 1.5 0 0 0 6.5 20.5h11a1.5 1.5 0 0 0 1.5-1.5V7a1.5 1.5 0 0 0-1.5-1.5h-2" /><rect x="8.5" y="3.5" width="7" height="4" rx="1.2" /><path d="M8.5 12h7M8.5 16h4.5" />`,
  chart: svg`<path d="M4 4.5v15h16" /><path d="m7 15 4-5 3.5 3L19 7.5" />`,
  list: svg`<path d="M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01" />`,
  scale: svg`<rect x="3.5" y="5" width="17" height="14" rx="2.5" /><path d="M7.5 12V9h3M16.5 12v3h-3" />`,
  download: svg`<path d="M12 4.5v11M7.5 11.5 12 15.8l4.5-4.3" /><path d="M4.5 16v2a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-2" />`,
  snapshot: svg`<path d="M4.5 8V6.5a2 2 0 0 1 2-2H8M16 4.5h1.5a2 2 0 0 1 2 2V8M19.5 16v1.5a2 2 0 0 1-2 2H16M8 19.5H6.5a2 2 0 0 1-2-2V16" /><circle cx="12" cy="12" r="3.2" />`,
  keep: svg`<path d="M7 4.5h10v15l-5-4-5 4z" />`,
  share: svg`<circle cx="6.5" cy="12" r="2.5" /><circle cx="17" cy="6" r="2.5" /><circle cx="17" cy="18" r="2.5" /><path d="m8.8 10.8 6-3.5M8.8 13.2l6 3.5" />`,
  plus: svg`<path d="M12 5v14M5 12h14" />`,
  search: svg`<circle cx="11" cy="11" r="6" /><path d="m15.5 15.5 4.5 4.5" />`,
  dots: svg`<path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="2.8" />`,
  cards: svg`<rect x="4" y="4.5" width="7" height="6.5" rx="1.5" /><rect x="13" y="4.5" width="7" height="6.5" rx="1.5" /><rect x="4" y="13" width="7" height="6.5" rx="1.5" /><rect x="13" y="13" width="7" height="6.5" rx="1.5" />`,
  gear: svg`<circle cx="12" cy="12" r="3" /><path d="M12 3.5v2.3M12 18.2v2.3M3.5 12h2.3M18.2 12h2.3M6 6l1.6 1.6M16.4 16.4 18 18M6 18l1.6-1.6M16.4 7.6 18 6" />`,
  trash: svg`<path d="M5 7h14M9.5 7V4.8h5V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5" />`,
  copy: svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2" /><path d="M15.5 5.5a1 1 0 0 0-1-1h-9a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1" />`,
  folder: svg`<path d="M3.5 7a2 2 0 0 1 2-2h3.8l2 2.5h7.2a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z" />`,
  branch: svg`<circle cx="7" cy="6" r="2" /><circle cx="7" cy="18" r="2" /><circle cx="17" cy="9" r="2" /><path d="M7 8v8M17 11c0 3-4 3.5-8.5 4.5" />`,
  back: svg`<path d="M19.5 12h-14M11 6.5 5.5 12l5.5 5.5" />`,
  edit: svg`<path d="m5 19 .8-3.6L16.5 4.7a1.6 1.6 0 0 1 2.3 0l.5.5a1.6 1.6 0 0 1 0 2.3L8.6 18.2z" />`,
  save: svg`<path d="M12 4.5v8M8.5 9.5l3.5 3.3 3.5-3.3" /><rect x="4" y="14.5" width="16" height="5" rx="1.5" /><path d="M16.5 17h.01" />`,
  file: svg`<path d="M6.5 4.5H14l4.5 4.5v10.5h-12z" /><path d="M13.5 4.5V9.5h5" />`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof shapes;

export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[name]}</svg>`;
}
