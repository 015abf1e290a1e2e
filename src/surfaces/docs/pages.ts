export interface ListedDocument {
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** Swagger UI with a choice of all documents. */
export function swaggerPage(documents: readonly ListedDocument[]): string {
  const urls = documents.map(({ title, url }) => ({ name: title, url }));
  return page({
    title: 'Garrison API',
    head: '<link rel="stylesheet" href="/swaggerui/assets/swagger-ui.css">',
    body: '<div id="swagger-ui"></div>',
    scripts: ['/swaggerui/assets/swagger-ui-bundle.js', '/swaggerui/assets/swagger-ui-standalone-preset.js'],
    start: `SwaggerUIBundle({
      urls: ${inScript(urls)},
      dom_id: '#swagger-ui',
      deepLinking: true,
      persistAuthorization: false,
      validatorUrl: null,
      presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
      layout: 'StandaloneLayout',
    });`,
  });
}

/** ReDoc of one document, with links to the others. */
export function redocPage(documents: readonly ListedDocument[], chosen: ListedDocument | undefined): string {
  const links = documents.map(
    ({ name, title }) => `<a href="/redoc?document=${encodeURIComponent(name)}">${escaped(title)}</a>`,
  );
  return page({
    title: chosen?.title ?? 'Garrison API',
    head: '<style>body{margin:0;font-family:sans-serif}nav{padding:.6em 1em}nav a{margin-right:1em}</style>',
    body: `<nav>${links.join('')}</nav><div id="redoc"></div>`,
    scripts: ['/redoc/assets/redoc.standalone.js'],
    start: `Redoc.init(${inScript(chosen?.url ?? '')}, { hideLoading: true }, document.getElementById('redoc'));`,
  });
}

function page(parts: { title: string; head: string; body: string; scripts: readonly string[]; start: string }): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(parts.title)}</title>${parts.head}</head>
<body>${parts.body}
${parts.scripts.map((source) => `<script src="${source}"></script>`).join('\n')}
<script>${parts.start}</script>
</body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** JSON that cannot end the script it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
