import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Filter } from '../../parts/filter.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { formatBytes } from '../../words/format.ts';
import { runWords } from '../../words/runs.ts';
import styles from './execution-screen.module.css';
import { downloadAddress, logIndexQuery, logSearchQuery } from './log-queries.ts';
import { LogView } from './log-view.tsx';
import { type ExecutionSearch, executionRoute } from './routes.ts';

/** What one command wrote on one host, however long it is. */
export function ExecutionScreen() {
  const { execution } = useParams({ from: '/executions/$execution' });
  const search = executionRoute.useSearch();
  const navigate = useNavigate({ from: executionRoute.fullPath });
  const change = (changes: ExecutionSearch) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  const index = useQuery(logIndexQuery(execution));
  useLiveQuery(`execution:${execution}`, logIndexQuery(execution).queryKey);
  return (
    <Page
      title={runWords.execution.title}
      beside={index.data && <span className={styles.quiet}>{formatBytes(index.data.size)}</span>}
      actions={
        <a className="button" href={downloadAddress(execution)} download>
          <Download size={15} aria-hidden />
          {runWords.execution.download}
        </a>
      }
    >
      <Filter
        label={runWords.execution.search}
        fields={[
          { name: 'find', label: runWords.execution.search, value: search.find },
          {
            name: 'stream',
            label: runWords.execution.stream,
            value: search.stream,
            options: [
              ['stdout', runWords.execution.stdout],
              ['stderr', runWords.execution.stderr],
            ],
          },
        ]}
        apply={(values) => change({ find: values.find, stream: values.stream as ExecutionSearch['stream'] })} // read again by the route
      />
      <Found execution={execution} find={search.find} go={(line) => change({ line })} />
      <Loaded query={index}>
        {(read) =>
          read.lines === 0 ? (
            <Empty title={runWords.execution.noLog} />
          ) : (
            <LogView
              key={execution}
              execution={execution}
              index={read}
              line={search.line}
              stream={search.stream}
              choose={(line) => change({ line })}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

interface FoundProps {
  readonly execution: string;
  readonly find: string | undefined;
  readonly go: (line: number) => void;
}

function Found({ execution, find, go }: FoundProps) {
  const query = useQuery(logSearchQuery(execution, find));
  if (find === undefined) return null;
  return (
    <Loaded query={query} rows={2}>
      {({ items, total }) => (
        <section className={styles.found} aria-label={runWords.execution.search}>
          <p role="status">{total === 0 ? runWords.execution.foundNone : runWords.execution.found(total)}</p>
          <ol>
            {items.map(({ line, text }) => (
              <li key={line}>
                <button type="button" className="quiet small" onClick={() => go(line + 1)}>
                  {runWords.execution.line(line + 1)}
                </button>
                <code>{text}</code>
              </li>
            ))}
          </ol>
        </section>
      )}
    </Loaded>
  );
}
