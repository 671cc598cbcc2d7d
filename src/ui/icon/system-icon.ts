/**
 * The icon of an operating system: a tile in a color of its own with a sign of its family. They are Posada's own; nobody's
 * logo is copied. They say nothing to screen readers: the system's name stands beside them.
 */
import { html, svg } from "lit";
import type { SVGTemplateResult, TemplateResult } from "lit";
import { isSystemId, systemInfo } from "../../services/systems/system-catalogue.ts";
import type { SystemFamily, SystemId } from "../../services/systems/system-catalogue.ts";
import "./system-icon.css";

const signs: Record<SystemFamily, SVGTemplateResult> = {
  linux: svg`<path d="m9 11 5 5-5 5M17 22h7" />`,
  windows: svg`<path d="M8 9.5h7v6H8zM17 9.5h7v6h-7zM8 17.5h7v6H8zM17 17.5h7v6h-7z" fill="currentColor" stroke="none" />`,
  dos: svg`<text x="16" y="20.5" text-anchor="middle" font-size="11" font-weight="700" fill="currentColor" stroke="none">C:\\</text>`,
  bsd: svg`<circle cx="16" cy="17" r="6.5" /><path d="M11 12c-2.6-1-3-3.6-2.5-5.5 2 .5 3.8 1.6 4.7 3.700M21 12c2.6-1 3-3.6 2.5-5.5-2 .5-3.8 1.6-4.7 3.7" />`,
  unix: svg`<circle cx="16" cy="16" r="6.5" /><path d="M16 5.500v4M16 22.500v4M5.5 16h4M22.5 16h4" />`,
  hobby: svg`<path d="m16 7 2.5 6.500L25 16l-6.5 2.500L16 25l-2.5-6.500L7 16l6.5-2.500z" fill="currentColor" stroke="none" />`,
  tool: svg`<path d="M20.5 8a5 5 0 0 0-6 6.300L8 20.8 11.2 24l6.5-6.500a5 5 0 0 0 6.3-6l-3 3-3-.8-.8-3z" />`,
  other: svg`<rect x="7.5" y="9" width="17" height="11.5" rx="2" /><path d="M13 24.500h6M16 20.500v4" />`,
};

const familyColors: Record<SystemFamily, string> = {
  linux: "#3f6f5c",
  windows: "#2f6aa8",
  dos: "#565d66",
  bsd: "#a5382f",
  unix: "#77559c",
  hobby: "#3a7f8f",
  tool: "#6d6252",
  other: "#7a5c46",
};

const colors: Partial<Record<SystemId, string>> = {
  debian: "#a8264c",
  ubuntu: "#b6451c",
  mint: "#4b8a3d",
  fedora: "#2c5fa0",
  redhat: "#b32020",
  suse: "#3d7d2b",
  arch: "#18759f",
  alpine: "#1b5a7d",
  gentoo: "#635591",
  slackware: "#39508f",
  nixos: "#4a6fae",
  openbsd: "#8a6d12",
  netbsd: "#b25a12",
  freedos: "#2f4f8f",
  reactos: "#1f7385",
  haiku: "#8a6a10",
};

export function systemIcon(osId: string): TemplateResult {
  const id: SystemId = isSystemId(osId) ? osId : "other";
  const { family } = systemInfo(id);
  return html`<svg class="system-icon" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" stroke="none" fill=${colors[id] ?? familyColors[family]} />
    ${signs[family]}
  </svg>`;
}
