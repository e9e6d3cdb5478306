import { codeFont, darkColors, dotRules, lightColors, toneRules } from '../ui/colors.ts'

/** The style of the operator's page. The build puts it behind uPlot's. */
export const styles = `
:root {${lightColors}
  --tint: #eef0fd; --field: #767d8b; --shade: 0 1px 2px #15171c14;
  --plot-1: #4338ca; --plot-2: #0f8a7e; --plot-3: #c2560c; --plot-4: #be185d; --plot-5: #3b8fd0;
  color-scheme: light dark;
  font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink);
  background: var(--raised);
}
@media (prefers-color-scheme: dark) {
  :root {${darkColors}
    --tint: #24284a; --field: #838b9b; --shade: none;
    --plot-1: #a5a9ff; --plot-2: #4fd1c0; --plot-3: #f5a962; --plot-4: #f48fb6; --plot-5: #76b8f0;
    background: #0f1115;
  }
}
*, ::before, ::after { box-sizing: border-box; }
* { margin: 0; padding: 0; font: inherit; color: inherit; }
[hidden] { display: none !important; }
${toneRules}${dotRules}
ul, ol { list-style: none; }
code, pre { font-family: ${codeFont}; font-size: 13px; }
code { overflow-wrap: anywhere; }
svg { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
b, h1, h2, h3, th, dt { font-weight: 600; }
a, .link { color: var(--accent); text-decoration: underline; text-underline-offset: 2px; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen, .skip:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { position: absolute; z-index: 3; top: 8px; left: 8px; padding: 6px 12px; background: var(--ground); border-radius: 8px; }
.hint, small, .time, .why, .open, .arrow, .empty, .amount, h3, .pairs dt { color: var(--soft); }
.hint, .time, small, .why { font-size: 13px; }
.bad { color: var(--bad); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.time { font-variant-numeric: tabular-nums; }

.button {
  display: inline-flex; align-items: center; gap: 6px; min-height: 34px; padding: 4px 12px;
  border: 1px solid var(--line); border-radius: 8px; background: var(--ground); text-decoration: none; white-space: nowrap; cursor: pointer;
}
a.button { color: inherit; }
.button:hover:enabled, a.button:hover, .chip:hover { background: var(--raised); }
.button[data-tone=bad] { color: var(--bad); }
.button:disabled, .link:disabled { color: var(--soft); cursor: default; opacity: .7; }
.button svg { width: 14px; height: 14px; }
.primary, .primary:hover:enabled { color: var(--ground); background: var(--accent); border-color: var(--accent); }
.primary[data-tone=bad], .primary[data-tone=bad]:hover:enabled { color: var(--ground); background: var(--bad); border-color: var(--bad); }
.link { padding: 4px 0; background: none; border: 0; cursor: pointer; }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.copy { display: inline-flex; flex-wrap: wrap; align-items: center; }
.copy [role=status]:not(:empty) { margin-left: 8px; }
.chips { display: flex; gap: 4px; }
.chip { padding: 3px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--ground); cursor: pointer; }
.chip[aria-pressed=true] { border-color: var(--accent); color: var(--accent); background: var(--tint); }
input:not([type=checkbox]), select {
  width: 100%; min-width: 0; height: 36px; padding: 0 10px; border: 1px solid var(--field); border-radius: 8px; background: var(--ground);
}
input[type=checkbox] { width: 18px; height: 18px; flex: none; accent-color: var(--accent); }

.top {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 0 24px;
  padding: 0 clamp(14px, 3vw, 32px); background: var(--ground); border-bottom: 1px solid var(--line);
}
.brand { display: flex; align-items: center; gap: 6px; font-weight: 600; }
.brand span { font-weight: 400; }
.brand code { margin-left: 6px; color: var(--soft); font-size: 12px; font-weight: 400; }
.brand svg, .sign-in h1 svg { width: 20px; height: 20px; color: var(--accent); }
.top nav { display: flex; flex: 1; gap: 4px; }
.top nav a { display: flex; align-items: center; gap: 6px; padding: 14px 10px 12px; border-bottom: 2px solid transparent; color: var(--soft); text-decoration: none; white-space: nowrap; }
.top nav a:hover { color: var(--ink); }
.top nav a:focus-visible { outline-offset: -3px; }
.top nav [aria-current=page] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
.count { padding: 0 7px; border-radius: 99px; color: var(--ground); background: var(--tone); font-size: 12px; font-weight: 600; }

main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; max-width: 1360px; padding: 20px clamp(14px, 3vw, 32px) 64px; margin: 0 auto; }
main > [role=alert]:empty, main > [role=status]:empty { display: none; }
h1 { font-size: 24px; line-height: 1.25; letter-spacing: -.01em; }
h2 { font-size: 16px; }
h3 { font-size: 13px; }
.card { padding: 16px 18px; background: var(--ground); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shade); min-width: 0; }
.card-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; margin-bottom: 12px; }
.card > h2 { margin-bottom: 8px; }
.empty { padding: 24px; text-align: center; }
.notice { padding: 8px 14px; border-left: 3px solid var(--tone); border-radius: 6px; background: var(--raised); overflow-wrap: anywhere; }
.said:not(:empty) { padding: 8px 14px; border-left: 3px solid var(--good); border-radius: 6px; background: var(--ground); }

.sign-in { display: grid; gap: 14px; max-width: 380px; padding-top: 15vh; }
.sign-in h1 { display: flex; align-items: center; gap: 10px; }
.sign-in form { display: grid; gap: 8px; padding: 20px; background: var(--ground); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shade); }
.sign-in label { font-weight: 600; }
.sign-in .button { justify-content: center; min-height: 40px; }
.problem { color: var(--bad); }

.state { border-left: 4px solid var(--tone); }
.state h2 { font-size: 20px; gap: 10px; margin-bottom: 2px; }
.state h2::before { width: 12px; height: 12px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 24px; margin-top: 12px; }
.facts dt { color: var(--soft); font-weight: 400; }
.facts dd { font-weight: 600; overflow-wrap: anywhere; }
.facts [data-tone=bad] dd { color: var(--bad); }
.facts [data-tone=wait] dd { color: var(--wait); }
.state .notice { margin-top: 8px; }

.tiles { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 12px; }
.tiles .card { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 12px 16px; }
.tiles dd { font-size: 28px; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles [data-tone=bad] dd { color: var(--bad); }
.tiles a { color: inherit; text-decoration-color: var(--soft); }
.tiles small { display: block; font-weight: 400; }

.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 28px; }
.plot { min-width: 0; }
.plot [role=img] { min-height: 190px; }
.plot figcaption { display: flex; gap: 4px 16px; min-height: 20px; }
.plot h3 { flex: none; }
.readout { flex: 1; height: 20px; overflow: hidden; font-size: 13px; line-height: 20px; text-align: right; white-space: nowrap; text-overflow: ellipsis; }
.u-cursor-x { border-color: var(--soft) !important; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0 8px; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 6px; overflow-wrap: anywhere; }
.legend i { flex: none; width: 10px; height: 10px; border-radius: 3px; }
details summary { width: fit-content; color: var(--accent); cursor: pointer; font-size: 13px; }
[data-channel=page] { background: var(--plot-5); }
[data-channel=server] { background: var(--plot-3); }
[data-channel=merged] { background: var(--plot-1); }
.shares { display: flex; gap: 2px; height: 14px; overflow: hidden; border-radius: 7px; background: var(--line); }
.shares i { flex-basis: 0; }

.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 16px; align-items: start; }
.column { display: grid; gap: 16px; }
.table { overflow-x: auto; }
.plot .table { max-height: 300px; overflow-y: auto; margin-top: 6px; border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: left; }
th.number { text-align: right; }
thead th { color: var(--soft); font-size: 13px; }
tbody tr:last-child > * { border-bottom: 0; }
.table th { white-space: nowrap; }
.table + .button, .hint + .table, .table + .hint, .hint + pre { margin-top: 10px; }
.bars { margin-top: 8px; }
.bars th[scope=row] { width: 1%; white-space: nowrap; font-weight: 400; }
.bar { display: grid; grid-template-columns: 1fr 42px; align-items: center; gap: 8px; font-size: 13px; font-variant-numeric: tabular-nums; }
.bar > :last-child { text-align: right; }
.track { height: 8px; border-radius: 4px; background: var(--line); overflow: hidden; }
.track i { display: block; height: 100%; border-radius: 4px; background: var(--accent); }
.bars td:last-child .track i { background: var(--plot-5); }

.filters { display: grid; grid-template-columns: 2fr repeat(4, minmax(0, 1fr)) auto; align-items: end; gap: 10px; }
.filters label { display: grid; min-width: 0; gap: 3px; font-size: 13px; color: var(--soft); }
.filters .button { justify-content: center; }
.filters input, .filters select { font-size: 15px; color: var(--ink); }
.log { padding: 16px 0 0; overflow: hidden; }
.log > .card-head, .log > .notice { padding-inline: 18px; }
.more { padding: 14px; text-align: center; }
.entry { border-top: 1px solid var(--line); }
.row {
  display: grid; grid-template-columns: 16px minmax(0, 1fr) auto minmax(72px, auto); gap: 1px 10px; align-items: baseline;
  width: 100%; padding: 9px 18px 9px 12px; background: none; border: 0; text-align: left; cursor: pointer;
}
.row:hover { background: var(--raised); }
.row:focus-visible { outline-offset: -2px; }
.open { align-self: center; display: flex; }
[aria-expanded=true] .open svg { transform: rotate(90deg); }
.names, .id, .why { overflow-wrap: anywhere; }
.arrow { margin: 0 6px; }
.to { color: var(--accent); }
.amount { margin-left: 6px; font-variant-numeric: tabular-nums; }
.outcome { justify-self: end; padding: 0 9px; border: 1px solid; border-radius: 99px; font-size: 13px; color: var(--tone); white-space: nowrap; }
.row .time { text-align: right; }
.row .under { grid-column: 2 / -1; display: flex; flex-wrap: wrap; gap: 0 16px; }
.row .id { font-size: 12px; line-height: 20px; color: var(--soft); }
.details { padding: 4px 18px 20px 38px; }
.details .advice { padding: 2px 0 2px 12px; border-left: 3px solid var(--tone); }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr)); gap: 16px 28px; margin-top: 14px; }
.parts h3 { margin-bottom: 4px; }
.pairs { display: grid; gap: 3px; }
.pairs div { display: grid; align-items: baseline; grid-template-columns: 92px minmax(0, 1fr); gap: 8px; }
.pairs dt { font-weight: 400; }
.pairs dd { overflow-wrap: anywhere; }
.pairs .button { min-height: 26px; padding: 0 8px; font-size: 13px; }
.keys { columns: 2; }
.keys li { display: flex; align-items: center; gap: 6px; }
.keys svg { width: 13px; height: 13px; }
.keys li:not(.hint) svg { color: var(--good); }
.answers li { padding: 3px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.answers li:last-child { border: 0; }
.answers code { color: var(--soft); }

.toolbar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 10px; }
.group h2 { flex: 1 1 20ch; overflow-wrap: anywhere; }
.group .card-head { align-items: start; }
.group .advice { padding-left: 12px; margin-bottom: 8px; border-left: 3px solid var(--accent); }
.pick { display: flex; align-items: center; gap: 9px; min-width: 0; padding: 6px 0; }
.pick code { overflow-wrap: anywhere; }
.letters li { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; align-items: center; gap: 2px 20px; border-top: 1px solid var(--line); }
.letters .buttons { gap: 14px; }

dialog { max-width: min(440px, 100vw - 32px); margin: auto; padding: 22px; border: 1px solid var(--line); border-radius: 14px; background: var(--ground); box-shadow: 0 12px 40px #0006; }
dialog::backdrop { background: #0008; }
dialog h2 { font-size: 18px; margin-bottom: 6px; }
dialog .buttons { justify-content: flex-end; margin-top: 18px; }

pre { padding: 12px 14px; overflow-x: auto; background: var(--raised); border-radius: 8px; line-height: 1.5; }
#config ~ pre { max-height: 480px; }
.webhooks li { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 8px 0; border-top: 1px solid var(--line); }
.webhooks li:first-child { border: 0; }
.webhooks code { flex: 1 1 240px; }

@media (max-width: 900px) {
  .brand code { display: none; }
  .plots, .columns { grid-template-columns: minmax(0, 1fr); }
  .filters { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .filters .wide { grid-column: 1 / -1; }
}
@media (max-width: 640px) {
  .top { gap: 0 12px; padding-top: 8px; }
  .brand { flex: 1; }
  .top nav { order: 1; flex-basis: 100%; margin: 0 -14px; padding: 0 4px; overflow-x: auto; scrollbar-width: none; }
  .top nav a { padding: 10px; }
  .tiles { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px; }
  .tiles .card { grid-column: span 2; padding: 10px 12px; }
  .tiles .card:nth-last-child(-n + 2) { grid-column: span 3; }
  .tiles dd { font-size: 22px; }
  .filters { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .row { grid-template-columns: 16px minmax(0, 1fr) auto; }
  .row .under { grid-column: 2; }
  .row .time { grid-column: 3; grid-row: 2; }
  .details { padding-left: 18px; }
  th, td { padding-inline: 6px; }
  .bar { grid-template-columns: 1fr 40px; gap: 4px; }
  .letters li { grid-template-columns: minmax(0, 1fr); gap: 0; padding: 6px 0; }
  .letters .time, .letters .buttons { padding-left: 27px; }
}
@media (pointer: coarse) {
  .button, .chip, .link, .pick { min-height: 44px; }
  .pairs .button { min-height: 36px; }
}
@media (prefers-reduced-motion: no-preference) { .open svg { transition: transform .12s; } }
`
