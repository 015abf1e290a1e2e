import type { EventDescription } from '#surfaces/http/event-description.ts';
import { escaped, page } from './pages.ts';

interface ShownProperty {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly anyOf?: readonly ShownProperty[];
  readonly description?: string;
}

interface ShownSchema {
  readonly properties?: Readonly<Record<string, ShownProperty>>;
  readonly required?: readonly string[];
}

/** What the events are, to read: no script, and nothing from elsewhere. */
export function asyncPage(title: string, events: readonly EventDescription[], nonce: string): string {
  const links = events.map(({ type }) => `<li><a href="#${escaped(type)}">${escaped(type)}</a></li>`);
  return page({
    title: `${title}: events`,
    head: `<style nonce="${nonce}">${STYLE}</style>`,
    body: `<main><h1>${escaped(title)}: events</h1>
<p>CloudEvents 1.0 in structured JSON, to webhooks and to one message broker. Each arrives at least once, under the same <code>id</code>;
those of one <code>subject</code> arrive in order, numbered by <code>sequence</code>. As a document: <a href="/api/asyncapi">AsyncAPI 3</a>.</p>
<ul>${links.join('')}</ul>
${events.map(sectionOf).join('\n')}</main>`,
  });
}

function sectionOf({ type, summary, payload, example }: EventDescription): string {
  const { properties = {}, required = [] } = payload as ShownSchema; // payloads are objects
  const rows = Object.entries(properties).map(([name, property]) => {
    const must = required.includes(name) ? 'always' : '';
    return `<tr><td><code>${escaped(name)}</code></td><td>${escaped(typeOf(property))}</td><td>${must}</td><td>${escaped(property.description ?? '')}</td></tr>`;
  });
  return `<section id="${escaped(type)}"><h2>${escaped(type)}</h2><p>${escaped(summary)}</p>
<table><thead><tr><th>data</th><th>type</th><th></th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>
<pre>${escaped(JSON.stringify(example, null, 2))}</pre></section>`;
}

function typeOf({ type, enum: words, format, anyOf }: ShownProperty): string {
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (words !== undefined) return words.map(String).join(', ');
  return [type, format].filter((part) => part !== undefined).join(', ');
}

const STYLE = `body{font-family:sans-serif;line-height:1.5;margin:0}main{max-width:60em;margin:0 auto;padding:1em}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}
pre{background:#f4f4f4;padding:.8em;overflow:auto}`;
