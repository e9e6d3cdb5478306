// Every rule of the host is important: within a shadow root, that takes precedence over the page's own style sheets.
// Sizes are in px: a shop's root font size may be anything.

import { codeFont, darkColors, dotRules, lightColors, toneRules } from '../ui/colors.ts'
import { phone } from './place.ts'

export const styles = `
:host {
  all: initial !important;
  position: fixed !important;
  inset: auto 16px 16px auto !important;
  z-index: 2147483647 !important;
  display: block !important;
  overflow: visible !important;
  direction: ltr !important;
  color-scheme: light dark !important;
  font: 13px/1.45 system-ui, sans-serif !important;
}
:host([data-side='left']) { inset: auto auto 16px 16px !important; }
*, ::before { box-sizing: border-box; }
* { margin: 0; padding: 0; font: inherit; color: inherit; }
[hidden] { display: none !important; }

.panel, .badge {${lightColors}
  color: var(--ink);
  background: var(--ground);
  border: 1px solid var(--line);
  box-shadow: 0 12px 40px #0003;
}
@media (prefers-color-scheme: dark) {
  .panel, .badge {${darkColors}
    box-shadow: 0 12px 40px #000;
  }
}
${toneRules}${dotRules}
ul, ol { list-style: none; }
code, .path, .code, .ids { font-family: ${codeFont}; font-size: 12px; }
svg { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
button { background: none; border: 0; text-align: inherit; cursor: pointer; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.to, h2 svg, .badge svg { color: var(--accent); }
.ids, .tool, .facts dt, .chip, .empty, .open, .arrow, .time, .why, .marks, h3, .code, .label, .path, .keys svg, .change { color: var(--soft); }
h2, h3, dd, strong, thead th, .badge, .name, .outcome, .fix { font-weight: 600; }
.ids, .what, .advice, .code, li, td, th { overflow-wrap: anywhere; }

.badge { display: flex; align-items: center; gap: 8px; height: 40px; padding: 0 14px; border-radius: 20px; }
.badge.bad svg { color: var(--bad); }

.panel {
  display: flex;
  flex-direction: column;
  width: min(440px, 100vw - 32px);
  max-height: min(680px, 62vh);
  border-radius: 14px;
  overflow: hidden;
}
/* Until a row is opened, the page is not to be covered. */
@media (min-width: 561px) {
  .panel:has([aria-expanded=true]) { width: min(620px, 100vw - 32px); max-height: min(680px, 100vh - 32px); }
}
.top { display: flex; align-items: center; padding: 8px 8px 4px 14px; }
h2 { flex: 1; display: flex; align-items: center; gap: 8px; min-width: 0; font-size: 14px; white-space: nowrap; }
.ids { overflow: hidden; text-overflow: ellipsis; font-weight: 400; font-size: 11px; }
.tool { display: grid; place-items: center; width: 32px; height: 32px; border-radius: 8px; }
.tool:hover, .small:hover, .chip:hover, .row:hover { background: var(--raised); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0 14px 8px; }
.facts [data-tone=bad] dd { color: var(--bad); }
.shares { padding: 0 14px 8px; }
.notices p { padding: 6px 14px; border-top: 1px solid var(--line); border-left: 3px solid var(--tone); }

.filters { padding: 8px 14px; border: solid var(--line); border-width: 1px 0; background: var(--raised); }
.search { width: 100%; height: 32px; padding: 0 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); }
.search::placeholder { color: var(--soft); opacity: 1; }
.chips { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 6px; }
.chip, .small { padding: 2px 9px; border: 1px solid var(--line); border-radius: 99px; background: var(--ground); }
.chip[aria-pressed=true] { border-color: var(--accent); color: var(--accent); }

.scroll { flex: 0 1 auto; min-height: 0; overflow-y: auto; overscroll-behavior: contain; }
.empty { padding: 20px 32px; text-align: center; }
.entry { border-bottom: 1px solid var(--line); }
.row { width: 100%; padding: 8px 14px 8px 8px; }
.line { display: grid; grid-template-columns: 16px 1fr auto auto; gap: 3px 8px; }
.open { padding-top: 1px; }
.marks:empty { display: none; }
[aria-expanded=true] .open svg { transform: rotate(90deg); }
.arrow { margin: 0 5px; }
.outcome { align-self: start; padding: 0 8px; border-radius: 99px; border: 1px solid; font-size: 12px; color: var(--tone); }
.time, .marks, .channels { font-size: 12px; font-variant-numeric: tabular-nums; }
.why, .marks { grid-column: 2 / -1; }
.marks, .channels li { display: flex; flex-wrap: wrap; gap: 3px 14px; }
.marks > * { display: flex; align-items: center; gap: 5px; }
.pips { display: flex; gap: 2px; }
.pips i { width: 5px; height: 10px; border-radius: 2px; background: var(--line); }
.pips .there { background: var(--accent); }
.fix { color: var(--wait); }

.details { padding: 6px 14px 14px 32px; }
h3 { margin: 14px 0 4px; font-size: 12px; }
.advice { padding-left: 10px; border-left: 2px solid var(--accent); }
.id { display: flex; align-items: center; gap: 8px; margin-top: 6px; }
.small { display: flex; align-items: center; gap: 5px; }
.id .label, .small { flex: none; white-space: nowrap; }
.small svg, .fix svg { width: 13px; height: 13px; }
.copied { color: var(--good); }
.copied::after { content: '✓'; }
.faults li { padding: 8px 10px; margin-top: 6px; border-left: 3px solid var(--wait); border-radius: 6px; background: var(--raised); }
.faults .advice { margin: 3px 0; }
.code, .keys code, .path, .change, .group { font-size: 11px; }
.plain li { margin-left: 14px; list-style: '– '; }
.keys li { display: grid; grid-template-columns: 16px 84px 1fr; gap: 6px; padding: 2px 0; }
.keys .there svg { color: var(--good); }

table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: 4px 8px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--raised); }
.group th, [scope=row] { font-family: ${codeFont}; }
.path { display: block; }
.change { display: inline-block; margin: 2px 4px 0 0; padding: 0 6px; border: 1px solid var(--line); border-radius: 5px; color: var(--tone); }
code + .change { margin-left: 8px; }

@media ${phone} {
  :host, :host([data-side='left']) { inset: auto 0 0 !important; }
  .panel { width: 100%; max-height: 62vh; border-radius: 16px 16px 0 0; }
  .badge { position: absolute; right: 12px; bottom: 12px; }
  :host([data-side='left']) .badge { right: auto; left: 12px; }
  .ids { display: none; }
  .chips { flex-wrap: nowrap; overflow-x: auto; }
  .chip { flex: none; }
  .details { padding-left: 14px; }
  .keys li { grid-template-columns: 16px 1fr; }
  .keys li > :last-child { grid-column: 2; }
}
@media print { :host { display: none !important; } }
`
