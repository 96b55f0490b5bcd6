/** The report's style sheet: no fonts, images or addresses from outside. */
import { variables } from './theme.js';

export const STYLE = `
:root{color-scheme:light dark;${variables('light')};
--ground:#f6f5f1;--card:var(--paper);--edge:#dedcd4;--soft:#f0efe9;--link:#1a5f9e;
--supportedSoft:#e2f1ea;--refutedSoft:#fae6e5;
--inconclusiveSoft:#f8eed2;--not-run:#565f6d;--not-runSoft:#ebecef;--warn:#8a3a00;--warnSoft:#fdebdc;
--serif:"Iowan Old Style",Charter,"Bitstream Charter","Source Serif 4",Georgia,"Times New Roman",serif;
--sans:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{${variables('dark')};
--ground:#0e1014;--edge:#2d333d;--soft:#1d2128;--link:#86bff7;
--supportedSoft:#15332a;--refutedSoft:#421e20;
--inconclusiveSoft:#3a2f12;--not-run:#a9b1bd;--not-runSoft:#272c34;--warn:#ffb98a;--warnSoft:#40260f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 var(--sans)}
main,header.top,footer{max-width:1120px;margin:0 auto;padding:0 20px}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:2px}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
h1{font:600 clamp(1.75rem,1.2rem + 2.6vw,2.75rem)/1.14 var(--serif);letter-spacing:-.012em;margin:.2em 0 .35em;text-wrap:balance}
h2{font:600 1.5rem/1.25 var(--serif);margin:2.6em 0 .8em}
h3{font:500 1.18rem/1.42 var(--serif);margin:.5em 0 .6em;text-wrap:pretty}
h4{font-size:.86rem;margin:0 0 .1em;color:var(--muted);font-weight:600;text-align:center}
p{margin:.4em 0}
code{font:.86em/1.5 var(--mono);overflow-wrap:anywhere}
.eyebrow{font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--muted);font-weight:600;margin:0}
header.top{padding-top:clamp(28px,6vw,64px)}
.citation{color:var(--muted);max-width:72ch}
.totals{display:flex;flex-wrap:wrap;gap:10px;list-style:none;padding:0;margin:1.5em 0 1.2em}
.totals li{display:flex;align-items:baseline;gap:.5em;padding:.5em .95em;border-radius:10px;font-size:.95rem}
.totals b{font:600 1.5rem/1 var(--serif);font-variant-numeric:lining-nums tabular-nums}
.supported{color:var(--supported);background:var(--supportedSoft)}
.refuted{color:var(--refuted);background:var(--refutedSoft)}
.inconclusive{color:var(--inconclusive);background:var(--inconclusiveSoft)}
.not-run{color:var(--not-run);background:var(--not-runSoft)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,210px),1fr));gap:14px 28px;margin:0;padding:18px 0;border-top:1px solid var(--edge);border-bottom:1px solid var(--edge)}
.facts div{min-width:0}.facts .full{grid-column:1/-1}
dt{font-size:.78rem;color:var(--muted);font-weight:600}
dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.badge{display:inline-flex;align-items:center;gap:.42em;border-radius:99px;padding:.16em .72em .16em .6em;font-size:.84rem;font-weight:600;white-space:nowrap}
.badge.off{color:var(--warn);background:var(--warnSoft)}
.tag{font-size:.8rem;color:var(--muted)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:.78rem;color:var(--muted);text-align:left;font-weight:600}
th,td{padding:.5em .8em .5em 0;border-bottom:1px solid var(--edge);vertical-align:top}
td.number,th.number{text-align:right}
.overview td:first-child{white-space:nowrap;font-weight:600}
.overview td:nth-child(2){font-family:var(--serif);width:52%}
.overview td.number{white-space:nowrap}
.overview td.number small{display:block;color:var(--muted);font-size:.78rem;white-space:normal}
.errors{max-width:80ch;font-size:.92rem;color:var(--muted);margin:0 0 1.2em}
.contents ul{display:flex;flex-wrap:wrap;gap:.3em 1.4em;list-style:none;padding:0;margin:1em 0;font-size:.95rem}
.contents li a+a{margin-left:.25em}
.how dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr));gap:1em 32px;margin:0;padding:0 1em 1em;font-size:.92rem}
.filters{display:flex;flex-wrap:wrap;gap:.4em 2em;margin:0 0 1em}
.filters fieldset{display:flex;flex-wrap:wrap;align-items:center;gap:.3em .5em;border:0;margin:0;padding:0;font-size:.88rem}
.filters legend{float:left;padding:0 .3em 0 0;color:var(--muted);font-weight:600}
.filters label{display:inline-flex;align-items:center;gap:.4em;padding:.18em .75em;border:1px solid var(--edge);border-radius:99px;cursor:pointer}
.filters label:has(:checked){background:var(--card);border-color:var(--ink)}
.filters label:focus-within{outline:2px solid var(--link);outline-offset:1px}
.filters input{accent-color:var(--link);margin:0}
.claims{display:flex;flex-direction:column}
.card{background:var(--card);border:1px solid var(--edge);border-radius:16px;padding:clamp(16px,2.6vw,28px);margin:0 0 22px;scroll-margin-top:12px}
details.claim{padding:0 clamp(16px,2.6vw,28px);margin:0 0 10px;border-radius:12px}
details.claim[open]{padding-bottom:clamp(16px,2.6vw,28px);margin-bottom:22px}
details.claim>summary{padding:.75em 0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
details.claim>summary>*{margin-right:.8em}
details.claim .line{color:var(--muted);font-size:.9rem}
details.claim[open] .line{display:none}
.drawings{min-width:0;display:grid;gap:18px;align-content:start}
.drawings details{font-size:.88rem;margin:.3em 0 0}
.card>header{display:flex;flex-wrap:wrap;align-items:center;gap:.35em .8em}
.card .id{font:600 .95rem/1 var(--mono);color:var(--ink);text-decoration:none}
.card .body{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);gap:10px 36px}
.card.plain .body{grid-template-columns:minmax(0,1fr)}
.card h3{max-width:70ch;margin:.6em 0 .25em}
.source{color:var(--muted);font-size:.88rem;margin:0 0 1em}
.card dl.values{display:flex;flex-wrap:wrap;gap:.5em 28px;margin:0}
.values div{flex:1 1 190px;min-width:0}
.values .measured{font:600 1.75rem/1.3 var(--sans);letter-spacing:-.01em}
.values small{white-space:nowrap;color:var(--muted);font-size:.9rem}
.values small.tag{display:block;white-space:normal;font-size:.8rem}
.gauge{display:block;width:100%;max-width:340px;height:auto;margin:.5em 0 .6em}
.card dl{display:grid;gap:.75em;margin:.9em 0 0}
.card dd{font-size:.95rem}
.why{border-left:3px solid var(--edge);padding-left:.8em}
.command span{white-space:nowrap}
.command{display:block;background:var(--soft);border-radius:8px;padding:.55em .8em}
figure{margin:0;min-width:0}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:.35em}
.legend{display:flex;flex-wrap:wrap;gap:.25em 1.1em;list-style:none;margin:0 0 .3em;padding:0;font-size:.86rem;color:var(--ink);align-items:center}
.legend li{display:flex;align-items:center;gap:.45em}
.legend svg{flex:none;max-width:100%}
.panels svg{display:block;width:100%;height:auto;max-width:640px}
.panels.small{display:none}
.panels.many{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,270px),1fr));gap:14px}
.note{font-size:.85rem;color:var(--muted)}
.wide{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:22px}
.wide .card{margin:0}
details{border:1px solid var(--edge);border-radius:12px;background:var(--card);margin:0 0 10px}
summary{cursor:pointer;padding:.7em 1em;overflow-wrap:anywhere}
summary b{font-weight:600}
details>div{padding:0 1em 1em}
details table{font-size:.86rem}
details details{border-radius:8px;background:var(--ground)}
.scroll{overflow-x:auto;max-width:100%}
td.best{font-weight:700}td.lost{color:var(--muted)}
footer{padding-top:30px;padding-bottom:60px;color:var(--muted);font-size:.9rem}
@media (min-width:641px){
body:has([name=first]:checked:not(#first-paper)) .overview{display:grid;grid-template-columns:max-content minmax(0,1fr) max-content max-content}
body:has([name=first]:checked:not(#first-paper)) .overview :is(thead,tbody,tr){display:grid;grid-column:1/-1;grid-template-columns:subgrid}
body:has([name=first]:checked:not(#first-paper)) .overview td{width:auto}}
@media (max-width:820px){.card .body{grid-template-columns:minmax(0,1fr)}}
@media (max-width:520px){.panels.roomy{display:none}.panels.small{display:block}.card{padding:16px 14px}}
@media (max-width:640px){
.overview thead{display:none}.overview tbody{display:flex;flex-direction:column}
.overview tr{display:grid;grid-template-columns:auto 1fr;gap:.1em .8em;padding:.7em 0;border-bottom:1px solid var(--edge)}
.overview td{border:0;padding:0}.overview td:nth-child(2){grid-column:1/-1;grid-row:2;width:auto}
.overview td:nth-child(3){grid-column:2;grid-row:1;justify-self:end}
.overview td.number{grid-column:1/-1;grid-row:3;text-align:left;color:var(--muted);white-space:normal}
.overview td.number:empty{display:none}}
@media print{
.filters,.contents{display:none}
:root{color-scheme:light;${variables('light')};--ground:#fff;--edge:#ccc;--soft:#f4f4f4}
body{font-size:10.5pt}.card,figure,tr{break-inside:avoid}.card{border-color:#bbb}details:not([open]){display:none}}
`.trim();
