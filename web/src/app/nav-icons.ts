import { Gauge, ListChecks, type LucideIcon, Play, Server } from 'lucide-react';
import type { NavName } from '../screens.ts';

export const NAV_ICONS: Readonly<Record<NavName, LucideIcon>> = {
  overview: Gauge,
  nodes: Server,
  runs: ListChecks,
  run: Play,
};
