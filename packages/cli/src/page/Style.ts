/** The style sheet of the report. */
import { palette, rules } from "../plot/Style.ts"

export const styleSheet = `${palette(":root")}${rules}
:root { color-scheme: light dark }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1040px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
h1 { font-size: 26px; margin: 0 }
h2 { font-size: 19px; margin: 44px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--grid) }
h3 { font-size: 15px; margin: 24px 0 6px }
p, dl { margin: 8px 0 }
a { color: inherit }
.soft { color: var(--soft) }
.bad { color: var(--bad) }
.facts { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0; padding: 0; list-style: none }
.facts li { flex: 1 1 150px; border: 1px solid var(--grid); border-radius: 8px; padding: 10px 14px }
.facts b { display: block; font-size: 21px }
.facts span { color: var(--soft); font-size: 13px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 4px 14px 4px 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--grid); white-space: nowrap }
th:first-child, td:first-child { text-align: left }
thead th { color: var(--soft); font-weight: 500 }
tbody th { font-weight: 500 }
td.text, th.text { text-align: left }
code, pre, .code td.source { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
code { overflow-wrap: anywhere }
pre { margin: 8px 0; padding: 12px 14px; border: 1px solid var(--grid); border-radius: 8px; overflow-x: auto; white-space: pre }
.code { width: 100% }
.code td, .code th { border-bottom: 0; padding: 0 12px 0 0 }
.code td.source { text-align: left; white-space: pre-wrap; overflow-wrap: anywhere; width: 100%; min-width: 280px }
.code thead th { white-space: normal; vertical-align: bottom; min-width: 62px }
.code thead th.text { white-space: nowrap }
.code td:first-child, .code th:first-child { text-align: right; color: var(--soft) }
.code tr.layer td { background: color-mix(in srgb, var(--tone0) 9%, transparent) }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 24px }
figure { margin: 0 }
figure { max-width: 520px }
figure.wide { grid-column: 1 / -1; max-width: none }
figcaption { font-weight: 600; margin-bottom: 2px }
figcaption span { display: block; font-weight: 400; color: var(--soft); font-size: 13px }
figure svg { width: 100%; height: auto; display: block }
figure.wide svg { min-width: 600px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
@media print { body { max-width: none } .scroll, pre { overflow: visible } }
`
