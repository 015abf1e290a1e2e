export interface ListedDocument {
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** Swagger UI with a choice of all documents. */
export function swaggerPage(): string {
  return page({
    title: 'Garrison API',
    head: '<link rel="stylesheet" href="/swaggerui/assets/swagger-ui.css">',
    body: `<div id="swagger-ui"></div>
<script src="/swaggerui/assets/swagger-ui-bundle.js"></script>
<script src="/swaggerui/assets/swagger-ui-standalone-preset.js"></script>
<script src="/swaggerui/start.js"></script>`,
  });
}

/** A file of its own, because the pages allow no script in them. */
export function swaggerStart(documents: readonly ListedDocument[]): string {
  const urls = documents.map(({ title, url }) => ({ name: title, url }));
  return `SwaggerUIBundle({
  urls: ${JSON.stringify(urls)},
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
});
`;
}

/** ReDoc of one document, with links to the others. */
export function redocPage(
  documents: readonly ListedDocument[],
  chosen: ListedDocument | undefined,
  nonce: string,
): string {
  const links = documents.map(
    ({ name, title }) => `<a href="/redoc?document=${encodeURIComponent(name)}">${escaped(title)}</a>`,
  );
  return page({
    title: chosen?.title ?? 'Garrison API',
    head: `<style nonce="${nonce}">body{margin:0;font-family:sans-serif}nav{padding:.6em 1em}nav a{margin-right:1em}</style>`,
    body: `<nav>${links.join('')}</nav><div id="redoc" data-url="${escaped(chosen?.url ?? '')}"></div>
<script src="/redoc/assets/redoc.standalone.js"></script>
<script src="/redoc/start.js" nonce="${nonce}"></script>`,
  });
}

/** The nonce of its own element is what the styles that ReDoc makes are allowed with. */
export const REDOC_START = `const element = document.getElementById('redoc');
const { nonce } = document.currentScript;
Redoc.init(element.dataset.url, { hideLoading: true, nonce }, element);
`;

export function page(parts: { title: string; head: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(parts.title)}</title>${parts.head}</head>
<body>${parts.body}
</body></html>`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
