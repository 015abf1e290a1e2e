import type { CommandSpec } from '../command-spec.ts';
import { posixTables } from './posix-tables.ts';

export function zshCompletion(program: CommandSpec): string {
  return `#compdef garrison\n# Completion of garrison for zsh, written by: garrison completion zsh\n\n${posixTables(program)}\n\n${WALK}`;
}

/** A name that is completed must not hold a colon of its own: what is before the first one is the name. */
const WALK = `_garrison() {
  local place='' flag='' before REPLY
  local -a lines
  integer at
  for ((at = 2; at < CURRENT; at++)); do
    before=$words[at]
    if [[ -n $flag ]]; then
      flag=''
    elif [[ $before == '--' ]]; then
      _files
      return
    elif [[ $before == -* ]]; then
      _garrison_value "$place" "$before" && flag=$before
    elif _garrison_child "$place" "$before"; then
      place=$REPLY
    fi
  done
  if [[ -z $flag && $PREFIX == --*=* ]]; then
    flag=\${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ -n $flag ]]; then
    _garrison_value "$place" "$flag" || return 1
    case $REPLY in
      files) _files ;;
      nodes | targets) lines=("\${(@f)$("$words[1]" completion "$REPLY" "$PREFIX" 2>/dev/null)}") && compadd -a lines ;;
      'words '*) lines=(\${=REPLY#words }) && compadd -a lines ;;
    esac
  elif [[ $PREFIX == -* ]]; then
    lines=("\${(@f)$(_garrison_flags "$place")}") && _describe -o 'option' lines
  elif _garrison_takes_node "$place"; then
    lines=("\${(@f)$("$words[1]" completion nodes "$PREFIX" 2>/dev/null)}") && compadd -a lines
  else
    lines=("\${(@f)$(_garrison_commands "$place")}")
    [[ -n $lines ]] && _describe 'command' lines
  fi
}

if [[ $funcstack[1] == _garrison ]]; then
  _garrison "$@"
else
  compdef _garrison garrison
fi
`;
