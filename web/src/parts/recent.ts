import { useEffect } from 'react';

/** The pages of single things that were visited last, in this browser. */
export interface RecentPage {
  readonly key: string;
  readonly label: string;
  readonly to: string;
}

const KEPT_AS = 'garrison.recent';
const MOST = 8;

export function recentPages(): readonly RecentPage[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isPage) : [];
  } catch {
    return [];
  }
}

/** Keeps the page in mind once its name is known. */
export function useVisited(to: string, label: string | undefined): void {
  useEffect(() => {
    if (label === undefined) return;
    const pages = [{ key: to, label, to }, ...recentPages().filter((page) => page.to !== to)].slice(0, MOST);
    localStorage.setItem(KEPT_AS, JSON.stringify(pages));
  }, [to, label]);
}

function isPage(value: unknown): value is RecentPage {
  const { key, label, to } = (value ?? {}) as Partial<Record<keyof RecentPage, unknown>>; // checked here
  return typeof key === 'string' && typeof label === 'string' && typeof to === 'string' && to.startsWith('/');
}
