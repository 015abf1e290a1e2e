import type { Option } from 'commander';
import type { ListQuery } from '#client/edge-admin/edge-admin-client.ts';
import { option } from './command-spec.ts';
import { wholeNumber } from './parse/read-number.ts';
import { pair, repeated } from './parse/read-pairs.ts';

/** What every list of Edge Admin offers. */
export interface ListOptions {
  readonly where?: Readonly<Record<string, string>>;
  readonly sort?: readonly string[];
  readonly limit?: number;
}

/** `--where` is the contract's own grammar, `--sort -field` its `order_by` and `order_directions`. */
export function listOptions(): Option[] {
  return [
    option(
      '--where <field=value>',
      'filter: * is a wildcard, a comma means any of, field__gte and field__lte are ranges',
      pair,
    ),
    option('--sort <field>', 'order; a leading - turns it round; may be repeated', repeated),
    option('--limit <n>', 'at most so many', wholeNumber(1)),
  ];
}

export function listQuery({ where = {}, sort = [] }: ListOptions, own: ListQuery = {}): ListQuery {
  const order = sort.map((field) => ({
    name: field.replace(/^[-+]/, ''),
    direction: field.startsWith('-') ? 'desc' : 'asc',
  }));
  return {
    ...own,
    ...where,
    ...(order.length > 0 && {
      order_by: order.map((one) => one.name).join(','),
      order_directions: order.map((one) => one.direction).join(','),
    }),
  };
}
