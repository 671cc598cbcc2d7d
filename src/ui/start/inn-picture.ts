/** The inn at dusk, with a machine behind its door: the picture of the main card. Decoration only. */
import { svg } from "lit";
import type { SVGTemplateResult } from "lit";

const TILE = 17;
const tiles = Array.from({ length: 22 }, (_, i) => i * TILE);
const stars = [
  [28, 30, 1.2], [74, 62, 0.9], [120, 22, 1], [168, 50, 1.3], [214, 20, 0.8], [262, 58, 1.1], [310, 28, 1.3], [334, 72, 0.8], [46, 88, 0.8],
]; // prettier-ignore

const lantern = (x: number) => svg`
  <g transform="translate(${x} 186)">
    <circle r="58" fill="url(#glow)" />
    <path d="M0-25v9" stroke="#1b1410" stroke-width="2.5" />
    <path d="M-8-14h16l-2.5 24h-11z" fill="#f6bd62" />
    <path d="M-10-14h20L5-20H-5zM-7 10H7v4H-7z" fill="#1b1410" />
  </g>`;

export const innPicture: SVGTemplateResult = svg`
  <svg class="inn" viewBox="0 0 360 360" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="#1d1720" /><stop offset="1" stop-color="#5a2f24" />
      </linearGradient>
      <linearGradient id="plaster" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="#7c4a33" /><stop offset="1" stop-color="#4a2a1d" />
      </linearGradient>
      <radialGradient id="glow">
        <stop offset="0" stop-color="#f6bd62" stop-opacity=".75" /><stop offset="1" stop-color="#f6bd62" stop-opacity="0" />
      </radialGradient>
      <radialGradient id="glass" cx=".5" cy=".35" r=".8">
        <stop offset="0" stop-color="#33231a" /><stop offset="1" stop-color="#0f0a07" />
      </radialGradient>
    </defs>
    <rect width="360" height="360" fill="url(#sky)" />
    ${stars.map(([x, y, r]) => svg`<circle cx=${x!} cy=${y!} r=${r!} fill="#fbeedb" opacity=".8" />`)}
    <rect y="104" width="360" height="256" fill="url(#plaster)" />
    <rect y="96" width="360" height="9" fill="#6d2b1a" />
    ${tiles.map((x) => svg`<path d="M${x} 104v6a8.5 8.5 0 0 0 17 0v-6z" fill="#c25a3b" stroke="#8b3119" stroke-width="1.2" />`)}
    ${lantern(52)}${lantern(308)}
    <path d="M92 360V226a88 88 0 0 1 176 0v134z" fill="#fbeedb" />
    <path d="M105 360V227a75 75 0 0 1 150 0v133z" fill="url(#glass)" />
    <g font-family="ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13.5">
      <text x="124" y="228" fill="#f09468">debian</text>
      <text x="124" y="252" fill="#f6e3cb"># uname -m</text>
      <text x="124" y="274" fill="#f6e3cb">x86_64</text>
      <text x="124" y="296" fill="#f6e3cb">#</text>
      <rect class="cursor" x="140" y="284.5" width="8.5" height="14.5" fill="#f6bd62" />
    </g>
    <rect y="350" width="360" height="10" fill="#2a1a12" />
  </svg>`;
