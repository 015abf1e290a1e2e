import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import { call } from '../../api/call.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { recentPages } from '../../parts/recent.ts';
import { paletteWords } from '../../words/palette.ts';
import { words } from '../../words/words.ts';
import { type Found, findPages, pageOfId } from './find-pages.ts';
import styles from './palette.module.css';

const FOUND = 6;

interface Section {
  readonly title: string;
  readonly found: readonly Found[];
}

/** Names, ids and pages, from one field. */
export function Palette({ close }: { readonly close: () => void }) {
  const id = useId();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const sections = useSections(useDeferredValue(text.trim()));
  const all = sections.flatMap(({ found }) => found);
  const at = Math.min(chosen, all.length - 1);
  const open = (found: Found | undefined) => {
    if (found === undefined) return;
    close();
    void navigate({ to: found.to as '/' }); // made of paths of this console
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(all.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, at - 1));
    else if (event.key === 'Enter') open(all[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={paletteWords.title} close={close}>
      <div className={styles.palette}>
        <input
          role="combobox"
          aria-label={paletteWords.open}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          data-first
          autoComplete="off"
          spellCheck={false}
          placeholder={paletteWords.placeholder}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <div id={`${id}-list`} role="listbox" aria-label={paletteWords.title} className={styles.list}>
          {sections.map(({ title, found }) => (
            <div key={title} role="group" aria-label={title}>
              <p className={styles.section} aria-hidden>
                {title}
              </p>
              {found.map((each) => (
                <div
                  key={each.key}
                  id={`${id}-${all.indexOf(each)}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={all[at] === each}
                  className={styles.option}
                  onClick={() => open(each)}
                  onKeyDown={undefined}
                >
                  <span>{each.label}</span>
                  {each.detail !== undefined && <span className={styles.detail}>{each.detail}</span>}
                </div>
              ))}
            </div>
          ))}
          {all.length === 0 && <p className={styles.section}>{paletteWords.none}</p>}
        </div>
      </div>
    </Dialog>
  );
}

function useSections(text: string): readonly Section[] {
  const nodes = useQuery({
    queryKey: ['palette', 'nodes', text],
    enabled: text !== '',
    queryFn: ({ signal }) => call('GET /v1/edge/hosts', { query: { name: [`*${text}*`], limit: FOUND }, signal }),
    placeholderData: (before) => before,
  });
  const runs = useQuery({
    queryKey: ['palette', 'runs', text],
    enabled: text !== '',
    queryFn: ({ signal }) => call('GET /v1/edge/fleet/runs', { query: { text, limit: FOUND }, signal }),
    placeholderData: (before) => before,
  });
  const ofId = pageOfId(text);
  const sections: Section[] = [
    { title: paletteWords.ids, found: ofId === undefined ? [] : [{ key: 'id', label: text, to: ofId }] },
    { title: paletteWords.recent, found: text === '' ? recentPages() : [] },
    {
      title: paletteWords.nodes,
      found:
        text === ''
          ? []
          : (nodes.data?.items ?? []).map((node) => ({
              key: node.node_id,
              label: node.name,
              to: `/nodes/${node.node_id}`,
            })),
    },
    {
      title: paletteWords.runs,
      found:
        text === ''
          ? []
          : (runs.data?.items ?? []).map((run) => ({
              key: run.fleet_command_id,
              label: run.command ?? run.tool,
              detail: words.nav.runs,
              to: `/runs/${run.fleet_command_id}`,
            })),
    },
    { title: paletteWords.pages, found: findPages(text, ({ nav }) => words.nav[nav]) },
  ];
  return sections.filter(({ found }) => found.length > 0);
}
