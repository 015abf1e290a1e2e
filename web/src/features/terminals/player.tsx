import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { problemOf } from '../../api/problem.ts';
import { Loaded } from '../../parts/states.tsx';
import { formatDuration } from '../../words/format.ts';
import { terminalWords } from '../../words/terminals.ts';
import type { Emulator } from './emulator.ts';
import { type Cast, linesOf, readCast } from './recording.ts';
import styles from './terminal.module.css';
import { useEmulator } from './use-emulator.ts';

const { player: words } = terminalWords;
const SPEEDS = [1, 2, 4, 8] as const;

/** Plays what a terminal showed. It is fetched once, for it is in the audit log. */
export function Player({ session }: { readonly session: string }) {
  const query = useQuery({
    queryKey: ['recording', session],
    queryFn: ({ signal }) => fetchCast(session, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  return <Loaded query={query}>{(cast) => <Played cast={cast} />}</Loaded>;
}

async function fetchCast(session: string, signal: AbortSignal): Promise<Cast> {
  const path = `/v1/terminal-sessions/${encodeURIComponent(session)}/recording`;
  const response = await fetch(path, { signal, credentials: 'same-origin' });
  if (!response.ok || response.body === null) throw await problemOf(response);
  return readCast(linesOf(response.body));
}

function Played({ cast }: { readonly cast: Cast }) {
  const { place, emulator } = useEmulator({ label: words.label, isReadOnly: true });
  const [at, setAt] = useState(0);
  const [isPlaying, setIsPlaying] = useState(true);
  const [speed, setSpeed] = useState<number>(1);
  const shown = useRef({ events: 0, emulator: undefined as Emulator | undefined });
  const isOver = at >= cast.seconds;
  useEffect(() => {
    if (!isPlaying || isOver) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const passed = Math.max(0, now - before);
      before = now;
      setAt((value) => Math.min(cast.seconds, value + (passed / 1_000) * speed));
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, isOver, speed, cast]);
  useEffect(() => {
    if (emulator === undefined) return;
    const isFresh = shown.current.emulator !== emulator;
    const begun = isFresh ? 0 : shown.current.events;
    shown.current = { events: showUntil(emulator, cast, { at, begun, isFresh }), emulator };
  }, [emulator, cast, at]);
  const toggle = () => {
    if (isOver) setAt(0);
    setIsPlaying(isOver || !isPlaying);
  };
  if (cast.events.length === 0) return <p>{words.nothing}</p>;
  const label = isOver ? words.again : isPlaying ? words.pause : words.play;
  return (
    <div className={styles.frame}>
      <div className={styles.bar}>
        <button type="button" className="small" onClick={toggle}>
          {label}
        </button>
        <input
          className={styles.range}
          type="range"
          aria-label={words.at}
          aria-valuetext={timeOf(at, cast)}
          min={0}
          max={cast.seconds}
          step="any"
          value={at}
          onChange={({ target }) => setAt(target.valueAsNumber)}
        />
        <span>{timeOf(at, cast)}</span>
        <select aria-label={words.speed} value={speed} onChange={({ target }) => setSpeed(Number(target.value))}>
          {SPEEDS.map((factor) => (
            <option key={factor} value={factor}>
              {words.times(factor)}
            </option>
          ))}
        </select>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus */}
      <div ref={place} className={styles.shown} role="group" aria-label={words.label} tabIndex={0} />
      {cast.isCut && <p className={styles.hint}>{words.tooLong}</p>}
    </div>
  );
}

function timeOf(at: number, { seconds }: Cast): string {
  return words.of(formatDuration(Math.round(at * 1_000)), formatDuration(Math.round(seconds * 1_000)));
}

interface Showing {
  readonly at: number;
  /** How many events are on the screen. */
  readonly begun: number;
  readonly isFresh: boolean;
}

/** Brings the screen to `at`; back in time means from the beginning. @returns how many events are on the screen */
function showUntil({ terminal }: Emulator, { columns, rows, events }: Cast, { at, begun, isFresh }: Showing): number {
  const isBack = begun > 0 && (events[begun - 1]?.at ?? 0) > at;
  if (isFresh || isBack) {
    terminal.reset();
    terminal.resize(columns, rows);
  }
  let next = isBack ? 0 : begun;
  for (let event = events[next]; event !== undefined && event.at <= at; event = events[next]) {
    if (typeof event.what === 'string') terminal.write(event.what);
    else terminal.resize(event.what.columns, event.what.rows);
    next += 1;
  }
  return next;
}
