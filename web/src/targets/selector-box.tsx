import { useQuery } from '@tanstack/react-query';
import { Filter, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useKeys } from '../keys/use-keys.ts';
import { nodeWords } from '../words/nodes.ts';
import { clustersQuery, groupsQuery } from './queries.ts';
import { readTarget } from './read-target.ts';
import styles from './selector-box.module.css';
import { type Suggestion, suggest } from './suggest.ts';

interface SelectorBoxProps {
  /** As `--on` takes it; empty for everyone. */
  readonly value: string;
  /** Called with what can be read, a moment after the typing and at once with Enter. */
  readonly change: (value: string) => void;
  readonly label: string;
  /** Tags, names and labels of nodes that were seen so far. */
  readonly seen?:
    | { readonly tags: readonly string[]; readonly nodes: readonly string[]; readonly labels: readonly string[] }
    | undefined;
  readonly hasKey?: boolean;
}

const AFTER_TYPING_MS = 300;
const NOTHING_SEEN = { tags: [], nodes: [], labels: [] };

/** Where a target is said, with completion and with what is wrong below it. */
export function SelectorBox({ value, change, label, seen = NOTHING_SEEN, hasKey = false }: SelectorBoxProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [cursor, setCursor] = useState(0);
  const [isOpen, setIsOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const { data: groups = [] } = useQuery(groupsQuery);
  const { data: clusters = [] } = useQuery(clustersQuery);
  useEffect(() => setText(value), [value]);
  useKeys(hasKey ? [{ keys: 'f', what: nodeWords.targets.focus, run: () => input.current?.focus() }] : []);

  const read = readTarget(text, groups);
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => {
    if (text === value || read.kind === 'problem') return;
    const timer = setTimeout(() => latest.current(text), AFTER_TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value, read.kind]);

  const suggestions = useMemo(() => {
    const known = {
      ...seen,
      groups: groups.map(({ name }) => name),
      clusters,
      systems: ['linux', 'darwin', 'windows'],
      architectures: ['x86_64', 'aarch64'],
    };
    return isOpen ? suggest(text, cursor, known) : [];
  }, [text, cursor, isOpen, groups, clusters, seen]);

  const take = (suggestion: Suggestion) => {
    setText(suggestion.text);
    setChosen(-1);
    requestAnimationFrame(() => {
      input.current?.setSelectionRange(suggestion.cursor, suggestion.cursor);
      setCursor(suggestion.cursor);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const meant = suggestions[chosen];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setIsOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(Math.max(-1, Math.min(suggestions.length - 1, chosen + step)));
    } else if ((event.key === 'Enter' || event.key === 'Tab') && meant !== undefined) {
      event.preventDefault();
      take(meant);
    } else if (event.key === 'Enter') {
      setIsOpen(false);
      if (read.kind === 'target') change(text);
    } else if (event.key === 'Escape') {
      if (isOpen && suggestions.length > 0) setIsOpen(false);
      else input.current?.blur();
    }
  };
  const isExpanded = isOpen && suggestions.length > 0;
  const problemId = `${id}-problem`;
  return (
    <div className={styles.box}>
      <div className={styles.field} data-wrong={read.kind === 'problem' && !isOpen}>
        <Filter size={15} aria-hidden />
        <input
          ref={input}
          role="combobox"
          aria-label={label}
          aria-expanded={isExpanded}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isExpanded && chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={read.kind === 'problem'}
          aria-describedby={read.kind === 'problem' ? problemId : undefined}
          placeholder={nodeWords.targets.placeholder}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setCursor(target.selectionStart ?? target.value.length);
            setIsOpen(true);
            setChosen(-1);
          }}
          onSelect={({ currentTarget }) => setCursor(currentTarget.selectionStart ?? 0)}
          onFocus={() => setIsOpen(true)}
          onBlur={() => setIsOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text !== '' && (
          <button
            type="button"
            className="quiet icon small"
            aria-label={nodeWords.targets.clear}
            onClick={() => {
              setText('');
              change('');
            }}
          >
            <X size={14} aria-hidden />
          </button>
        )}
      </div>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={nodeWords.targets.suggestions}
        className={styles.list}
        hidden={!isExpanded}
      >
        {suggestions.map((suggestion, index) => (
          <div
            key={suggestion.label}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={styles.option}
            onMouseDown={(event) => {
              event.preventDefault();
              take(suggestion);
            }}
          >
            {suggestion.label}
          </div>
        ))}
      </div>
      {read.kind === 'problem' && (
        <p id={problemId} className={styles.problem}>
          {read.problem}
          {read.advice !== undefined && <span className={styles.advice}>{read.advice}</span>}
        </p>
      )}
    </div>
  );
}
