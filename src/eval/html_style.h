// The look of the HTML report: one sheet, light and dark, from phone to desktop.
#pragma once

#include <string_view>

namespace tightrope::eval {

constexpr std::string_view kStyleSheet = R"(
:root{color-scheme:light dark;--page:#f6f3ec;--surface:#fffefb;--ink:#1d2026;--muted:#5a606c;--line:#e3ded3;--accent:#0a6c6c;
--tint:#d5e8e4;--warm:#a8430f;--warm-tint:#fbe7d9}
@media(prefers-color-scheme:dark){:root{--page:#131519;--surface:#1b1e24;--ink:#ebe8e1;--muted:#a6abb7;--line:#343943;--accent:#62cdc5;
--tint:#1f4644;--warm:#f2a06b;--warm-tint:#48301f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main,header,footer{max-width:66rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.25rem}
.brand{display:flex;align-items:center;gap:.7rem;margin:0;color:var(--muted);letter-spacing:.04em}
.brand svg{width:5.5rem;height:auto;flex:none}
h1{font-size:1rem;font-weight:600;margin:1.75rem 0 .4rem;color:var(--muted);overflow-wrap:anywhere}
.verdict{font-size:clamp(1.45rem,4.2vw,2.3rem);line-height:1.22;font-weight:650;letter-spacing:-.015em;margin:0 0 1.6rem;
overflow-wrap:anywhere;text-wrap:balance}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.8rem;margin:0 0 1.2rem;padding:0}
.tiles div{background:var(--surface);border:1px solid var(--line);border-radius:.7rem;padding:.85rem 1rem}
.tiles dt{color:var(--muted);font-size:.86rem}
.tiles dd{margin:.1rem 0 0;font-size:1.55rem;font-weight:650;line-height:1.25;letter-spacing:-.01em}
.tiles small{display:block;color:var(--muted);font-size:.82rem;font-weight:400;letter-spacing:0}
section{background:var(--surface);border:1px solid var(--line);border-radius:.8rem;padding:1.3rem 1.4rem;margin:0 0 1.2rem}
h2{font-size:1.12rem;margin:0 0 .3rem}
section>p{margin:.1rem 0 1rem;color:var(--muted);max-width:52rem;font-size:.94rem;text-wrap:pretty}
figure{margin:0}
.scroll{overflow-x:auto;margin:0 -.4rem;padding:0 .4rem}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.tightrope-plot{display:block;width:100%;min-width:30rem;height:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;white-space:nowrap}
th,td{padding:.5rem .6rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
thead th{font-size:.8rem;color:var(--muted);font-weight:600;vertical-align:bottom;border-bottom-width:2px}
th:first-child,td.left{text-align:left}
tbody th{font-weight:600}
tbody tr:last-child>*{border-bottom:0}
th:first-child{padding-left:.2rem;position:sticky;left:-.4rem;background:var(--surface)}
tr.chosen>*{background:var(--tint)}
tr.base>*{color:var(--muted)}
td small,th small{display:block;color:var(--muted);font-weight:400;font-size:.82em}
.bar{display:block;height:.3rem;margin-top:.25rem;border-radius:.15rem;background:var(--line);min-width:4.5rem;overflow:hidden}
.bar i{display:block;height:100%;background:var(--accent)}
.prompt{font-weight:600}
.samples{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
.samples article{border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem}
.samples .original{grid-column:1/-1}
.samples h3{margin:0;font-size:.95rem;overflow-wrap:anywhere}
.samples h3 small{color:var(--muted);font-weight:400;margin-left:.4rem}
.samples p{margin:.45rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:1rem/1.6 Georgia,"Iowan Old Style","DejaVu Serif",serif}
.samples mark{background:var(--warm-tint);color:inherit;border-left:3px solid var(--warm);padding:.08em .12em .08em .25em;
-webkit-box-decoration-break:slice;box-decoration-break:slice}
dl.terms{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.45rem 1.2rem;margin:0;font-size:.93rem}
dl.terms dt{font-weight:600}
dl.terms dd{margin:0;color:var(--muted);max-width:46rem}
@media(max-width:36rem){dl.terms{grid-template-columns:1fr;gap:.1rem}dl.terms dd{margin-bottom:.6rem}section{padding:1.1rem 1rem}}
section>p.note{color:var(--warm);margin:.9rem 0 0}
footer{color:var(--muted);font-size:.86rem;padding-bottom:2.5rem}
footer p{margin:.25rem 0;overflow-wrap:anywhere}
code{font:.92em ui-monospace,"SF Mono","DejaVu Sans Mono",Menlo,monospace}
@media print{body{background:#fff}section,.tiles div{break-inside:avoid}}
)";

// A walker with a balancing pole on a slack rope.
constexpr std::string_view kEmblem =
    R"svg(<svg viewBox="0 0 120 44" aria-hidden="true" fill="none" stroke="currentColor" stroke-linecap="round">)svg"
    R"svg(<path stroke-width="1.6" d="M2 29Q60 43 118 29"/><path stroke-width="2.4" d="M60 18V26L55.5 35.3M60 26L65 35.3"/>)svg"
    R"svg(<path stroke="var(--accent)" stroke-width="1.8" d="M31 24Q60 17 89 24"/>)svg"
    R"svg(<circle cx="60" cy="11.5" r="3.6" fill="currentColor" stroke="none"/></svg>)svg";

}  // namespace tightrope::eval
