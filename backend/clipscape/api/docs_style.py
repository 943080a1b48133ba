"""The style sheet of `/docs`: readable on a phone, in light and dark."""

STYLE = """\
:root { color-scheme: light dark; --ink: #1a1d21; --quiet: #555d66; --paper: #fff; --line: #d5dae0; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --quiet: #a9b1ba; --paper: #16181c; --line: #3a4048; --link: #8ab8f0; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
a { color: var(--link); }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
h4 { margin: 1rem 0 .25rem; color: var(--quiet); font-size: .9rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .375rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dd { margin: 0; }
summary { cursor: pointer; padding: .25rem 0; }
em { color: var(--quiet); font-size: .85em; }
"""
