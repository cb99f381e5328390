// The rows that describe all rows, as OpenAPI and as a page. The document is made when it is first asked for.
import { packageVersion } from "../../version.js";
import { type Route, route } from "../base/route.js";

const tag = "document";

/** Applies to the page alone: nothing is loaded, nothing runs, and nobody frames it. */
const pagePolicy =
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function documentRoutes(rows: () => readonly Route[]): readonly Route[] {
	let made: Promise<{ readonly json: string; readonly page: string }> | null = null;

	async function make() {
		const [{ documentOf }, { pageOf }] = await Promise.all([
			import("../document/openapi.js"),
			import("../document/docs-page.js"),
		]);
		const document = documentOf(rows(), packageVersion());
		return { json: JSON.stringify(document), page: await pageOf(document) };
	}

	function document() {
		made ??= make().catch((error: unknown) => {
			made = null;
			throw error;
		});
		return made;
	}

	return [
		route({
			method: "get",
			path: "/openapi.json",
			tag,
			summary: "This document",
			allow: "anyone",
			answer: "application/json",
			async run(_, c) {
				return c.body((await document()).json, 200, { "content-type": "application/json" });
			},
		}),
		route({
			method: "get",
			path: "/docs",
			tag,
			summary: "This document as a page to read",
			allow: "anyone",
			answer: "text/html",
			async run(_, c) {
				c.header("content-security-policy", pagePolicy);
				c.header("x-content-type-options", "nosniff");
				return c.html((await document()).page);
			},
		}),
	];
}
