"""HTML slides in reveal.js's structure with a few lines of script of their own: one file, no network.

Mathematics is MathML, pictures are inline SVG; arrow keys, space, click and
swipe turn the pages, printing puts one slide on a page.
"""

from __future__ import annotations

from html import escape
from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.ink.svg_marks import svg_picture
from symderiv.notation.labels import Label, Run
from symderiv.notation.mathml import mathml
from symderiv.slides import Slide, as_deck

_STYLE = """
html,body{margin:0;height:100%;background:#fff;color:#1f2933;font-family:Georgia,"Times New Roman",serif}
.slides>section{display:none;box-sizing:border-box;width:100vw;height:100vh;padding:3vh 5vw;flex-direction:column}
.slides>section.present{display:flex}
h1{font-size:7vh;margin:auto}
h2{font-size:4.4vh;margin:0 0 2vh;font-weight:600;border-bottom:2px solid #b4530a;padding-bottom:1vh}
figure{flex:1;min-height:0;margin:0;display:flex;justify-content:center}
figure svg{width:100%;height:100%}
.lines{font-size:3.4vh;text-align:center;padding:1vh 0}
.lines p{margin:1.2vh 0}
.count{position:fixed;right:2vw;bottom:1.5vh;font-size:2vh;color:#7b8794}
@media print{@page{size:13.333in 7.5in;margin:0}.slides>section{display:flex;break-after:page}.count{display:none}}
"""
_SCRIPT = """
const pages=[...document.querySelectorAll('.slides>section')],count=document.querySelector('.count');
let here=Math.min(Math.max(parseInt(location.hash.slice(2))||0,0),pages.length-1),touch=null;
function show(i){here=Math.min(Math.max(i,0),pages.length-1);
pages.forEach((p,k)=>p.classList.toggle('present',k===here));
count.textContent=(here+1)+' / '+pages.length;history.replaceState(null,'','#/'+here);}
const keys={ArrowRight:1,ArrowDown:1,PageDown:1,' ':1,ArrowLeft:-1,ArrowUp:-1,PageUp:-1,Home:-1e9,End:1e9};
addEventListener('keydown',e=>{if(e.key in keys){e.preventDefault();show(here+keys[e.key]);}});
addEventListener('click',e=>show(here+(e.clientX<innerWidth/3?-1:1)));
addEventListener('touchstart',e=>touch=e.touches[0].clientX);
addEventListener('touchend',e=>{const d=e.changedTouches[0].clientX-touch;if(Math.abs(d)>40)show(here+(d<0?1:-1));});
show(here);
"""


def reveal_text(obj: Any) -> str:
    """The deck of a backward pass, a derivation or a Deck as one HTML page."""
    deck = as_deck(obj)
    sections = [f"<section><h1>{escape(deck.title)}</h1></section>", *(_section(slide) for slide in deck.slides)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; '
        "script-src 'unsafe-inline'\">\n"
        f"<title>{escape(deck.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        '<body>\n<div class="reveal"><div class="slides">\n' + "\n".join(sections)
        + f'\n</div></div>\n<div class="count"></div>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n'
    )


def _section(slide: Slide) -> str:
    out = [f"<section>\n<h2>{escape(slide.title)}</h2>"]
    if slide.drawing is not None:
        drawing = slide.drawing
        out.append(f"<figure>{svg_picture(drawing.marks, drawing.width, drawing.height, '', drawing.alt)}</figure>")
    if slide.lines:
        out.append('<div class="lines">' + "".join(f"<p>{_line(line)}</p>" for line in slide.lines) + "</div>")
    if slide.notes:
        out.append(f'<aside class="notes" hidden>{escape(slide.notes)}</aside>')
    return "\n".join([*out, "</section>"])


def _line(line: Label) -> str:
    return "<br>".join("".join(_run(run) for run in runs) for runs in line.lines)


def _run(run: Run) -> str:
    if run.math:
        return mathml(run.body, display=True).replace('display="block"', 'display="inline" displaystyle="true"')
    return f"<b>{escape(run.body)}</b>" if run.bold else escape(run.body)


FORMATS.add("reveal", Format("html", ("Deck",), reveal_text, "slides as one HTML page, nothing loaded from elsewhere"))
