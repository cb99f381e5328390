// The document as a page: made here, whole, without a script and without anything to load.
import { html, raw } from "hono/html";
import type { Document, Json, Operation } from "./openapi.js";

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h3 { margin-bottom: 0; } code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: #f4f4f4; padding: 0.75rem; overflow-x: auto; } .method { text-transform: uppercase; font-weight: 700; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; } pre { background: #242424; } a { color: #8ab4f8; } }
`;

type Markup = ReturnType<typeof html>;

export async function pageOf({ info, paths, components }: Document): Promise<string> {
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
	);
	const tags = [...new Set(operations.map(({ operation }) => operation.tags[0] ?? ""))];
	const page = await html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${info.title} ${info.version}</title><style>${raw(style)}</style></head>
<body>
<h1>${info.title} ${info.version}</h1>
<p>${info.description} The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
<nav><ul>${tags.map((tag) => html`<li><a href="#${tag}">${tag}</a></li>`)}<li><a href="#schemas">schemas</a></li></ul></nav>
${tags.map(
	(tag) => html`<h2 id="${tag}">${tag}</h2>
${operations.filter(({ operation }) => operation.tags.includes(tag)).map(sectionOf)}`,
)}
<h2 id="schemas">schemas</h2>
${Object.entries(components.schemas).map(([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>${shown(schema)}`)}
</body>
</html>`;
	return String(page);
}

interface Entry {
	readonly method: string;
	readonly path: string;
	readonly operation: Operation;
}

function sectionOf({ method, path, operation }: Entry): Markup {
	const { operationId, summary, description, parameters, requestBody, responses } = operation;
	return html`<section id="${operationId}">
<h3><span class="method">${method}</span> <code>${path}</code></h3>
<p>${summary}. ${description}</p>
${parameters.length === 0 ? "" : html`<p>Parameters: ${parameters.map(({ name, in: place }) => html`<code>${name}</code> (${place}) `)}</p>`}
${requestBody === undefined ? "" : html`<details><summary>Body</summary>${shown(requestBody)}</details>`}
<details><summary>Answers: ${Object.keys(responses).join(", ")}</summary>${shown(responses)}</details>
</section>`;
}

function shown(schema: Json): Markup {
	return html`<pre>${JSON.stringify(schema, null, 2)}</pre>`;
}
