"""`clipscape completion`: a script that lets a shell complete subcommands, options, presets and files.

The script is made from the parser itself and holds everything, so completing starts no Python.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from clipscape.presets import list_presets

SHELLS = ("bash", "zsh", "fish")


def add_to(commands: Any, make_parser: Callable[[], argparse.ArgumentParser]) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser(
        "completion", help='print completions for a shell: eval "$(clipscape completion bash)" in its start file'
    )
    parser.add_argument("shell", choices=SHELLS, help="which shell")
    parser.set_defaults(command=lambda options: _print(options.shell, make_parser()))


def _print(shell: str, parser: argparse.ArgumentParser) -> int:
    commands = list(described(parser))
    print(fish_script(commands) if shell == "fish" else bash_script(commands, zsh=shell == "zsh"))
    return 0


@dataclass
class Described:
    """What can follow a subcommand: options, and argument by argument the words that it may be."""

    name: str
    help: str
    options: dict[str, str] = field(default_factory=dict)
    words: list[list[str]] = field(default_factory=list)


def described(parser: argparse.ArgumentParser) -> Iterator[Described]:
    """Yield every subcommand of a parser."""
    (choices,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    helps = {action.dest: action.help or "" for action in choices._choices_actions}
    for name, subparser in choices.choices.items():
        command = Described(name, helps.get(name, ""))
        for action in subparser._actions:
            if action.option_strings:
                command.options |= {option: action.help or "" for option in action.option_strings if option != "-h"}
            elif action.dest == "scenario":
                command.words.append([preset.name for preset in list_presets()])
            elif isinstance(action, argparse._SubParsersAction):
                command.words.append(list(action.choices))
            else:
                command.words.append([str(choice) for choice in action.choices or ()])
        yield command


def bash_script(commands: list[Described], *, zsh: bool = False) -> str:
    """Return the script for bash; zsh reads the same one through its `bashcompinit`."""
    names = " ".join(command.name for command in commands)
    options = "\n".join(f'    {c.name}) options="{" ".join(c.options)}" ;;' for c in commands)
    words = "\n".join(
        f'    {c.name}:{place}) words="{" ".join(known)}" ;;' for c in commands for place, known in enumerate(c.words)
    )
    start = "autoload -U +X bashcompinit && bashcompinit\n" if zsh else ""
    return f"""{start}_clipscape() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words="" options="" place=0 index
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{names} --help --version" -- "$current"))
    return
  fi
  for ((index = 2; index < COMP_CWORD; index++)); do
    case "${{COMP_WORDS[index]}}" in -*) ;; *) place=$((place + 1)) ;; esac
  done
  case "${{COMP_WORDS[1]}}" in
{options}
  esac
  case "${{COMP_WORDS[1]}}:$place" in
{words}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current")) ;;
  esac
}}
complete -o filenames -F _clipscape clipscape"""


def fish_script(commands: list[Described]) -> str:
    """Return the script for fish."""
    lines = ["complete -c clipscape -n __fish_use_subcommand -l version -d 'Print the version'"]
    for command in commands:
        condition = f"__fish_seen_subcommand_from {command.name}"
        lines.append(f"complete -c clipscape -f -n __fish_use_subcommand -a {command.name} -d {_quoted(command.help)}")
        words = filter(None, command.words)
        lines += [f"complete -c clipscape -n '{condition}' -a '{' '.join(known)}'" for known in words]
        for option, text in command.options.items():
            kind = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            lines.append(f"complete -c clipscape -n '{condition}' {kind} -d {_quoted(text)}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
