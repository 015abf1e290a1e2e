import { FitAddon } from '@xterm/addon-fit'; // as many columns and rows as there is room for
import { Terminal } from '@xterm/xterm'; // the emulator: there is no smaller one that programs work in
import '@xterm/xterm/css/xterm.css';
import { terminalDocument } from './terminal-document.ts';

export interface Emulator {
  readonly terminal: Terminal;
  /** Takes the size of its element. */
  fit(): void;
  colour(isDark: boolean): void;
  dispose(): void;
}

interface EmulatorOptions {
  readonly label: string;
  /** Shows only: what is typed goes nowhere. */
  readonly isReadOnly?: boolean;
  readonly isRead: boolean;
}

const COLOURS = {
  light: {
    background: '#ffffff',
    foreground: '#1b1f26',
    cursor: '#1b1f26',
    cursorAccent: '#ffffff',
    selectionBackground: '#bccbf5',
  },
  dark: {
    background: '#14161a',
    foreground: '#e7eaee',
    cursor: '#e7eaee',
    cursorAccent: '#14161a',
    selectionBackground: '#3b4a78',
  },
} as const;

/** Words that would reach out of the terminal: the clipboard, links of a program's own making, titles, notifications, files. */
const DEAF_TO = [0, 1, 2, 7, 8, 9, 50, 52, 99, 777, 1337];

export function openEmulator(element: HTMLElement, { label, isReadOnly = false, isRead }: EmulatorOptions): Emulator {
  const tamed = terminalDocument();
  const terminal = new Terminal({
    documentOverride: tamed.document,
    disableStdin: isReadOnly,
    cursorBlink: false,
    fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize: 14,
    scrollback: 5_000,
    minimumContrastRatio: 4.5,
    screenReaderMode: isRead,
    linkHandler: { activate: () => {} },
  });
  for (const code of DEAF_TO) terminal.parser.registerOscHandler(code, () => true);
  const fitting = new FitAddon();
  terminal.loadAddon(fitting);
  terminal.open(element);
  terminal.textarea?.setAttribute('aria-label', label);
  return {
    terminal,
    fit: () => fitting.fit(),
    colour: (isDark) => {
      terminal.options.theme = COLOURS[isDark ? 'dark' : 'light'];
    },
    dispose() {
      terminal.dispose();
      tamed.dispose();
    },
  };
}
