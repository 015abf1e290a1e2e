import { useEffect, useRef, useSyncExternalStore } from 'react';
import { type KeyAction, KeyTable } from './key-table.ts';

export const keyTable = new KeyTable();

const SWITCHED_OFF = 'garrison.keys';
const switched = new Set<() => void>();

function areKeysOn(): boolean {
  return localStorage.getItem(SWITCHED_OFF) !== 'off';
}

export function useKeysSwitch(): readonly [boolean, (isOn: boolean) => void] {
  const isOn = useSyncExternalStore((listener) => {
    switched.add(listener);
    return () => switched.delete(listener);
  }, areKeysOn);
  const turn = (wanted: boolean) => {
    localStorage.setItem(SWITCHED_OFF, wanted ? 'on' : 'off');
    for (const listener of switched) listener();
  };
  return [isOn, turn];
}

/** While the component is shown and `isOn`. */
export function useKeys(actions: readonly KeyAction[], isOn = true): void {
  const latest = useRef(actions);
  latest.current = actions;
  const names = actions.map(({ keys, what }) => `${keys}\n${what}`).join('\n\n');
  useEffect(() => {
    if (!isOn) return;
    const removals = names.split('\n\n').map((name, index) => {
      const [keys = '', what = ''] = name.split('\n');
      return keyTable.add({ keys, what, run: () => latest.current[index]?.run() });
    });
    return () => {
      for (const remove of removals) remove();
    };
  }, [names, isOn]);
}

/** Listens once for the whole page. Nothing happens in fields and in dialogs, but for the keys with Control. */
export function listenForKeys(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const hasModifier = event.ctrlKey || event.metaKey;
    if (!hasModifier && (!areKeysOn() || isInField(event.target))) return;
    const key = hasModifier ? `Control+${event.key.toLowerCase()}` : event.key;
    if (keyTable.press(key, event.timeStamp)) event.preventDefault();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

function isInField(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog, [role=dialog], [role=alertdialog], [role=listbox], [role=menu]',
    ) !== null
  );
}
