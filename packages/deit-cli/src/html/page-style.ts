import { colorsOf, MODEL_COLORS } from "./colors.ts";

/** Style of the pages, for phones, wide screens and paper, light and dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${colorsOf("light")} }
@media (prefers-color-scheme: dark) { :root { ${colorsOf("dark")} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 1080px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: clamp(1.5rem, 4vw, 2.25rem); line-height: 1.15; letter-spacing: -.015em; margin: .25rem 0 1.25rem; text-wrap: balance; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.75rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .35rem; }
p { margin: .5rem 0; max-width: 75ch; } .note { color: var(--muted); font-size: .875rem; }
a { color: inherit; text-underline-offset: .15em; } small { font-size: .8125rem; font-weight: 400; }
ul.figures, ul.mistakes, ul.attention, ul.again { list-style: none; margin: 0; padding: 0; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: .75rem !important; }
.figures li, .mistakes li, .maps, .charts figure, .intervals, .gallery figure, .scroll, pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.figures li { flex: 1 1 150px; max-width: 320px; padding: .85rem 1rem; border-top: 3px solid currentColor; } .figures p { margin: 0; }
.figures .name { font-size: .875rem; font-weight: 700; } .figures .number { font-size: clamp(2.1rem, 6vw, 3.1rem); line-height: 1.15; font-weight: 700; letter-spacing: -.03em; font-variant-numeric: tabular-nums; }
.figures .number small { font-size: .5em; font-weight: 600; letter-spacing: 0; margin-left: .1em; }
.figures .difference { color: var(--text); font-weight: 600; margin-top: .5rem; } .figures .note { font-size: .8125rem; line-height: 1.4; }
.model { width: .75em; height: .75em; margin-right: .45em; overflow: visible; flex: none; }
${MODEL_COLORS}
.none { color: var(--muted); } .grid.zero { stroke: var(--muted); } .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: .75rem; }
figure { margin: 0; padding: 1rem; } .intervals { max-width: 640px; } figcaption { font-weight: 600; margin-bottom: .5rem; }
figure > svg { width: 100%; height: auto; display: block; overflow: visible; }
details { margin: .75rem 0; border-top: 1px solid var(--line); padding-top: .5rem; } summary { cursor: pointer; font-weight: 600; padding: .25rem 0; }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: .75rem; }
.mistakes li { display: flex; gap: .85rem; padding: .65rem; align-items: flex-start; } .mistakes img { width: 84px; height: 84px; border-radius: 4px; flex: none; }
.mistakes div { flex: 1; min-width: 0; } .mistakes h3 { margin: 0 0 .15rem; line-height: 1.2; overflow-wrap: anywhere; }
.said { width: 100%; font-size: .8125rem; line-height: 1.35; } .said th, .said td { padding: .1rem 0; border: 0; text-align: left; font-weight: 400; overflow-wrap: anywhere; }
.said td:last-child { text-align: right; padding-left: .4rem; white-space: nowrap; } .said th { white-space: nowrap; padding-right: .5rem; color: var(--muted); }
.yes { color: var(--right); font-weight: 700; } .no { color: var(--wrong); font-weight: 700; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.attention { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); gap: .75rem; }
.maps { padding: .65rem; display: flex; gap: .5rem; } .maps > span { flex: 1; min-width: 0; } .maps img { width: 100%; height: auto; display: block; border-radius: 4px; }
.maps small, .maps b { display: block; margin-top: .2rem; font-size: .8125rem; overflow-wrap: anywhere; } .maps small { color: var(--muted); font-variant-numeric: tabular-nums; }
.bar { white-space: nowrap; } .bar i { display: inline-block; width: 5em; height: .7em; border-radius: 2px; vertical-align: -.05em; }
.scroll { overflow-x: auto; background-color: var(--card); background-repeat: no-repeat; background-attachment: local, local, scroll, scroll;
  background-image: linear-gradient(to right, var(--card) 40%, transparent), linear-gradient(to left, var(--card) 40%, transparent),
    linear-gradient(to right, rgb(0 0 0 / .3), transparent), linear-gradient(to left, rgb(0 0 0 / .3), transparent);
  background-size: 48px 100%, 48px 100%, 14px 100%, 14px 100%; background-position: left, right, left, right; }
.scroll :is(th[scope="row"], thead tr:first-child > :first-child) { position: sticky; left: 0; background: var(--card); white-space: nowrap; }
.scroll + .note { margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .45rem .75rem; text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; white-space: nowrap; } tbody tr:last-child > * { border-bottom: 0; }
thead th { font-weight: 600; font-size: .8125rem; vertical-align: bottom; color: var(--muted); } thead tr + tr th:first-child { text-align: right; } .groups th[colspan] { text-align: center; border-bottom: 0; padding-bottom: 0; white-space: nowrap; }
tbody th { font-weight: 600; } caption { font-weight: 600; text-align: left; padding: .6rem .75rem .25rem; caption-side: top; }
.confusions { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: .75rem; max-width: 720px; }
details .confusions { max-width: none; }
.confusion th, .confusion td { padding: .35rem .5rem; font-size: .875rem; text-align: center; }
.confusion tbody th { text-align: left; font-weight: 400; } .confusion thead th { font-weight: 400; vertical-align: bottom; text-align: center; }
.confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.cell.right { background: color-mix(in srgb, var(--right) calc(var(--share) * 45%), transparent); }
.cell.wrong { background: color-mix(in srgb, var(--wrong) calc(var(--share) * 80%), transparent); }
.again li { margin-bottom: .75rem; } .again p { margin: 0 0 .35rem; }
pre { overflow-x: auto; margin: 0; padding: .65rem .85rem; font: .8125rem/1.5 ui-monospace, monospace; } pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: .75rem; }
.gallery figure { padding: .5rem; } .gallery figcaption { font-weight: 400; font-size: .875rem; margin: .35rem 0 0; overflow-wrap: anywhere; }
.gallery img { width: 100%; height: auto; display: block; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: .25rem 1rem; margin: 0; }
dl > div { border-bottom: 1px solid var(--line); padding: .15rem 0; overflow-wrap: anywhere; }
dt { color: var(--muted); font-size: .8125rem; } dd { margin: 0; font-size: .9375rem; }
@media (max-width: 520px) {
  body { font-size: 15px; } main { padding: 1rem 1rem 1.5rem; } h1 { margin-bottom: .85rem; } h2 { font-size: 1.125rem; margin: 1.6rem 0 .5rem; } .note { font-size: .8125rem; line-height: 1.4; }
  p { margin: .35rem 0; } .charts figcaption { display: none; } .figures { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; } .figures li { padding: .65rem .75rem; }
  th, td { padding: .4rem .5rem; font-size: .8125rem; } thead th { font-size: .75rem; }
  figure { padding: .75rem; } .tick { font-size: 16px; } .label { font-size: 15.5px; } .mistakes, .attention { gap: .5rem; }
  .mistakes li { padding: .5rem; }
  .attention { grid-template-columns: 1fr 1fr; } .maps { padding: .5rem; } .maps small, .maps b { font-size: .75rem; letter-spacing: -.01em; } .attention:has(span:nth-child(3)) { grid-template-columns: 1fr; }
}
@media print {
  :root { color-scheme: light; ${colorsOf("light")} } body { background: #fff; font-size: 11pt; } main { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } li, figure, table, pre { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; background-image: none; } details::details-content { content-visibility: visible; block-size: auto; }
}
`;
