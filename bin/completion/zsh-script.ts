import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";
import { exportPlaces, functionName, quoted } from "./shell-text.ts";

/** The completion of zsh: each command and flag with its description. Of several values with commas the last is completed. */
export function zshScript(program: string, commands: readonly CompletedCommand[]): string {
  const name = functionName(program);
  return `#compdef ${program}
(( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit }
${name}_exports() {
  local -a config
  local at=\${words[(I)--config]}
  (( at > 0 && at < CURRENT )) && config=(--config "\${words[at + 1]}")
  compadd -- \${(f)"$(${program} completion zsh --exports "\${config[@]}" 2>/dev/null)"}
}
${name}() {
  local command="\${words[2]}" previous="\${words[CURRENT - 1]}"
  local -a list
  if (( CURRENT == 2 )); then
    list=(${commands.map((command) => described(command.name, command.description)).join(" ")})
    _describe command list
    return
  fi
  if [[ "$PREFIX" == --*=* ]]; then previous="\${PREFIX%%=*}"; compset -P '*='; fi
  case "$command $previous" in
${commands.flatMap((command) => command.flags.flatMap((flag) => valueCase(name, command, flag))).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then
    case "$command" in
${commands.map(flagsCase).join("\n")}
    esac
    _describe flag list
    return
  fi
  case "$command" in
${commands.flatMap(argumentCase).join("\n")}
    ${exportPlaces.command}) ${name}_exports; _files ;;
    *) _files ;;
  esac
}
compdef ${name} ${program}
`;
}

function valueCase(
  name: string,
  { name: command }: CompletedCommand,
  flag: CompletedFlag,
): readonly string[] {
  if (!flag.takesValue) return [];
  const forms = [flag.long, flag.short].filter((form) => form !== "");
  const places = forms.map((form) => quoted(`${command} ${form}`)).join("|");
  if (exportPlaces.flags.some((long) => long === flag.long))
    return [`    ${places}) ${name}_exports; _files; return ;;`];
  if (flag.values.length === 0) return [`    ${places}) _files; return ;;`];
  const goesOn = flag.values.every((value) => value.endsWith("="));
  // A format and its file are one word.
  const files = goesOn ? `if compset -P '*='; then _files; return; fi; ` : `compset -P '*,'; `;
  return [
    `    ${places}) ${files}compadd ${goesOn ? "-S '' " : ""}-- ${flag.values.map(quoted).join(" ")}; return ;;`,
  ];
}

function flagsCase({ name, flags }: CompletedCommand): string {
  return `      ${quoted(name)}) list=(${flags.map(({ long, description }) => described(long, description)).join(" ")}) ;;`;
}

function argumentCase({ name, values }: CompletedCommand): readonly string[] {
  return values.length === 0 ? [] : [`    ${quoted(name)}) compadd -- ${values.map(quoted).join(" ")} ;;`];
}

/** An entry of `_describe`, which takes a colon for the end of the name. */
function described(name: string, description: string): string {
  return quoted(`${name}:${description}`);
}
