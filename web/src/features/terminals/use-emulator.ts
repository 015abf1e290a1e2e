import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTheme } from '../../app/theme.ts';
import { type Emulator, openEmulator } from './emulator.ts';

interface EmulatorUse {
  readonly label: string;
  readonly isReadOnly?: boolean;
  /** Follows the size of its element; else it has the size it is given. */
  readonly isFitted?: boolean;
}

/** An emulator in the element, for as long as it is shown; undefined until then. */
export function useEmulator({ label, isReadOnly = false, isFitted = false }: EmulatorUse): {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly emulator: Emulator | undefined;
} {
  const place = useRef<HTMLDivElement>(null);
  const [emulator, setEmulator] = useState<Emulator>();
  const [isRead] = useIsRead();
  const isDark = useIsDark();
  useEffect(() => {
    if (place.current === null) return;
    const opened = openEmulator(place.current, { label, isReadOnly, isRead: readIsRead() });
    if (isFitted) opened.fit();
    const watching = isFitted ? new ResizeObserver(() => opened.fit()) : undefined;
    watching?.observe(place.current);
    setEmulator(opened);
    return () => {
      watching?.disconnect();
      opened.dispose();
    };
  }, [label, isReadOnly, isFitted]);
  useEffect(() => {
    emulator?.colour(isDark);
  }, [emulator, isDark]);
  useEffect(() => {
    if (emulator !== undefined) emulator.terminal.options.screenReaderMode = isRead;
  }, [emulator, isRead]);
  return { place, emulator };
}

function useIsDark(): boolean {
  const [theme] = useTheme();
  const isSystemDark = useSyncExternalStore(
    (listener) => {
      DARK.addEventListener('change', listener);
      return () => DARK.removeEventListener('change', listener);
    },
    () => DARK.matches,
  );
  return theme === 'system' ? isSystemDark : theme === 'dark';
}

const DARK = matchMedia('(prefers-color-scheme: dark)');

const KEPT_AS = 'garrison.terminal.read';
const listeners = new Set<() => void>();

function readIsRead(): boolean {
  return localStorage.getItem(KEPT_AS) === 'on';
}

/** Whether what the terminal shows is also there for screen readers, which costs time with much output. */
export function useIsRead(): readonly [boolean, (isRead: boolean) => void] {
  const isRead = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readIsRead);
  const turn = (wanted: boolean) => {
    localStorage.setItem(KEPT_AS, wanted ? 'on' : 'off');
    for (const listener of listeners) listener();
  };
  return [isRead, turn];
}
