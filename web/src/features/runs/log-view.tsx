import { useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useKeys } from '../../keys/use-keys.ts';
import { ansiLines } from '../../parts/ansi.ts';
import { AnsiPieces } from '../../parts/ansi-text.tsx';
import { runWords } from '../../words/runs.ts';
import { type LogIndex, type LogLine, LogPages, type LogStream } from './log-pages.ts';
import { readLog } from './log-queries.ts';
import styles from './log-view.module.css';

interface LogViewProps {
  readonly execution: string;
  readonly index: LogIndex;
  /** The line of the link; counted from 1. */
  readonly line: number | undefined;
  /** The other stream is shown faintly, so that line numbers stay what they are. */
  readonly stream: LogStream | undefined;
  readonly choose: (line: number) => void;
}

const LINE_PX = 18;
/** Browsers draw no taller elements; beyond that the scroll bar is a ratio. */
const TALLEST_PX = 15_000_000;
const OVERSCAN = 20;

/** Only the lines in sight are on the page; the others are fetched when they come into sight. */
export function LogView({ execution, index, line, stream, choose }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [scrolled, setScrolled] = useState({ top: 0, height: 600 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that grows stays the same log
  const pages = useMemo(
    () => new LogPages(index, (offset, limit) => readLog(execution, offset, limit), redraw),
    [execution],
  );
  const isAtEnd = useRef(line === undefined);

  const height = Math.min(index.lines * LINE_PX, TALLEST_PX);
  const inSight = Math.ceil(scrolled.height / LINE_PX);
  const reach = Math.max(1, height - scrolled.height);
  const isRatio = index.lines * LINE_PX > TALLEST_PX;
  const first = isRatio
    ? Math.round((Math.min(scrolled.top, reach) / reach) * Math.max(0, index.lines - inSight))
    : Math.floor(scrolled.top / LINE_PX);

  const goTo = (wanted: number) => {
    const element = scroller.current;
    if (element === null) return;
    const at = Math.max(0, Math.min(index.lines - 1, wanted));
    element.scrollTop = isRatio
      ? (at / Math.max(1, index.lines - inSight)) * reach
      : at * LINE_PX - element.clientHeight / 3;
  };
  useEffect(() => pages.grow(index), [pages, index]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: following happens when the log grows
  useEffect(() => {
    if (isAtEnd.current && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [index.lines]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link leads to its line once
  useEffect(() => {
    if (line !== undefined) goTo(line - 1);
  }, [line]);
  useKeys([
    { keys: 'Home', what: runWords.execution.top, run: () => goTo(0) },
    { keys: 'End', what: runWords.execution.end, run: () => goTo(index.lines) },
  ]);

  const from = Math.max(0, first - OVERSCAN);
  const to = Math.min(index.lines, first + inSight + OVERSCAN);
  const offset = isRatio ? scrolled.top - (first - from) * LINE_PX : from * LINE_PX;
  return (
    <div className={styles.frame}>
      <div className={styles.tools}>
        <button type="button" className="small" onClick={() => goTo(0)}>
          {runWords.execution.top}
        </button>
        <button type="button" className="small" onClick={() => goTo(index.lines)}>
          {runWords.execution.end}
        </button>
      </div>
      <section
        ref={scroller}
        className={styles.scroller}
        aria-label={runWords.execution.title}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled has to be reached by keyboard
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          isAtEnd.current =
            currentTarget.scrollTop + currentTarget.clientHeight >= currentTarget.scrollHeight - LINE_PX;
          setScrolled({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });
        }}
      >
        <div className={styles.whole} style={{ height }}>
          <div className={styles.lines} style={{ transform: `translateY(${offset}px)` }}>
            {Array.from({ length: to - from }, (_, each) => (
              <Line
                key={from + each}
                number={from + each + 1}
                line={pages.line(from + each)}
                isChosen={line === from + each + 1}
                isFaint={stream !== undefined && pages.line(from + each)?.stream !== stream}
                choose={choose}
              />
            ))}
          </div>
        </div>
      </section>
    </div>
  );
}

interface LineProps {
  readonly number: number;
  readonly line: LogLine | undefined;
  readonly isChosen: boolean;
  readonly isFaint: boolean;
  readonly choose: (line: number) => void;
}

function Line({ number, line, isChosen, isFaint, choose }: LineProps) {
  const pieces = useMemo(() => (line === undefined ? [] : (ansiLines(line.text)[0] ?? [])), [line]);
  return (
    <div className={styles.line} data-chosen={isChosen} data-faint={isFaint} data-stream={line?.stream}>
      <button
        type="button"
        tabIndex={-1}
        className={styles.number}
        aria-label={runWords.execution.line(number)}
        onClick={() => choose(number)}
      >
        {number}
      </button>
      <span className={styles.text}>
        <AnsiPieces pieces={pieces} />
      </span>
    </div>
  );
}
