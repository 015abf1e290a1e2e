import { useEffect, useRef, useState } from 'react';
import { Connection, type ConnectionState, type Wanted } from './connection.ts';
import type { Emulator } from './emulator.ts';

interface ConnectionUse {
  /** Undefined: nothing is connected. */
  readonly wanted: Wanted | undefined;
  readonly onOpened?: (sessionId: string) => void;
}

export interface Connected {
  readonly state: ConnectionState;
  /** Whom it runs as; undefined until the machine has said it. */
  readonly user: string | undefined;
  /** What was last told to the person at the terminal. */
  readonly notice: string | undefined;
  leave(): void;
}

const CONNECTING: ConnectionState = { kind: 'connecting' };

/** Connects the emulator with what is wanted, which is another connection whenever it is another object. */
export function useConnection(emulator: Emulator | undefined, { wanted, onOpened }: ConnectionUse): Connected {
  const [state, setState] = useState<ConnectionState>(CONNECTING);
  const [user, setUser] = useState<string>();
  const [notice, setNotice] = useState<string>();
  const connection = useRef<Connection>(undefined);
  const opened = useRef(onOpened);
  opened.current = onOpened;
  useEffect(() => {
    if (emulator === undefined || wanted === undefined) return;
    const { terminal } = emulator;
    setState(CONNECTING);
    setNotice(undefined);
    terminal.reset();
    const made = new Connection({
      wanted,
      size: () => ({ columns: terminal.cols, rows: terminal.rows }),
      show: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
      onState: setState,
      onOpened: ({ sessionId, user: name }) => {
        setUser(name);
        opened.current?.(sessionId);
      },
      onNotice: setNotice,
      onSize: ({ columns, rows }) => wanted.kind === 'watch' && terminal.resize(columns, rows),
    });
    connection.current = made;
    const isMine = wanted.kind !== 'watch';
    const listening = isMine
      ? [
          terminal.onData((text) => made.type(text)),
          terminal.onBinary((text) => made.typeBinary(text)),
          terminal.onResize(({ cols: columns, rows }) => made.resize({ columns, rows })),
        ]
      : [];
    if (isMine) terminal.focus();
    return () => {
      for (const one of listening) one.dispose();
      made.dispose();
    };
  }, [emulator, wanted]);
  return { state, user, notice, leave: () => connection.current?.leave() };
}
