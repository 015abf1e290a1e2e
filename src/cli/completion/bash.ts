import type { CommandSpec } from '../command-spec.ts';
import { posixTables } from './posix-tables.ts';

export function bashCompletion(program: CommandSpec): string {
  return `# Completion of garrison for bash, written by: garrison completion bash\n\n${posixTables(program)}\n\n${WALK}`;
}

/** Bash takes \`--flag=value\` apart at the sign, which is a word of its own then. */
const WALK = `_garrison() {
  local word=\${COMP_WORDS[COMP_CWORD]} place='' flag='' before REPLY
  local -i at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    before=\${COMP_WORDS[at]}
    if [[ -n $flag ]]; then
      [[ $before == '=' ]] || flag=''
    elif [[ $before == '--' ]]; then
      return
    elif [[ $before == -* ]]; then
      _garrison_value "$place" "$before" && flag=$before
    elif _garrison_child "$place" "$before"; then
      place=$REPLY
    fi
  done
  if [[ -n $flag ]]; then
    [[ $word == '=' ]] && word=''
    _garrison_value "$place" "$flag"
    case $REPLY in
      files)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
      nodes | targets) mapfile -t COMPREPLY < <("\${COMP_WORDS[0]}" completion "$REPLY" "$word" 2>/dev/null) ;;
      'words '*) mapfile -t COMPREPLY < <(compgen -W "\${REPLY#words }" -- "$word") ;;
    esac
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_garrison_flags "$place" | cut -d: -f1)" -- "$word")
  elif _garrison_takes_node "$place"; then
    mapfile -t COMPREPLY < <("\${COMP_WORDS[0]}" completion nodes "$word" 2>/dev/null)
  else
    mapfile -t COMPREPLY < <(compgen -W "$(_garrison_commands "$place" | cut -d: -f1)" -- "$word")
  fi
}

complete -F _garrison garrison
`;
