// The file changes that sank others: what each finds, and what it leaves. For every way of activating a release.
import { randomBytes } from "node:crypto";
import type { Tree } from "./git.js";

export interface FileCase {
	readonly name: string;
	readonly before?: Tree;
	readonly after: Tree;
}

const run = "#!/bin/sh\necho hi\n";
const big = (fill: number) => Buffer.alloc(21 * 1024 * 1024, fill);

export const fileCases: readonly FileCase[] = [
	{ name: "modify", after: { "app.txt": "two\n" } },
	{ name: "add", after: { "new.txt": "new\n" } },
	{ name: "add in a new folder", after: { "deep/er/new.txt": "new\n" } },
	{ name: "delete", after: { "sub/file.txt": null } },
	{ name: "add + delete", after: { "new.txt": "new\n", "sub/file.txt": null } },
	{ name: "modify + add", after: { "app.txt": "two\n", "new.txt": "new\n" } },
	{ name: "modify + delete", after: { "app.txt": "two\n", "sub/file.txt": null } },
	{ name: "rename", after: { "sub/file.txt": null, "moved/file.txt": "file\nof\nlines\n" } },
	{ name: "an empty file", after: { "empty.txt": "" } },
	{ name: "chmod +x", after: { "plain.sh": { executable: run } } },
	{ name: "chmod -x", after: { "run.sh": run } },
	{ name: "new executable", after: { "new.sh": { executable: run } } },
	{ name: "modified executable", after: { "run.sh": { executable: `${run}echo more\n` } } },
	{ name: "new symlink", after: { link: { link: "app.txt" } } },
	{ name: "new symlink to nothing", after: { link: { link: "sub/nothing" } } },
	{ name: "retargeted symlink", before: { link: { link: "app.txt" } }, after: { link: { link: "sub/file.txt" } } },
	{ name: "deleted symlink", before: { link: { link: "app.txt" } }, after: { link: null } },
	{ name: "file to symlink", after: { "app.txt": { link: "sub/file.txt" } } },
	{ name: "symlink to file", before: { link: { link: "app.txt" } }, after: { link: "a file now\n" } },
	{ name: "file to folder", after: { "app.txt": null, "app.txt/inner.txt": "inner\n" } },
	{ name: "folder to file", after: { "sub/file.txt": null, sub: "a file now\n" } },
	{ name: "folder to symlink", after: { "sub/file.txt": null, sub: { link: "other" }, "other/file.txt": "x\n" } },
	{ name: "symlink to folder", before: { link: { link: "sub" } }, after: { link: null, "link/file.txt": "x\n" } },
	{ name: "binary", before: { "b.bin": randomBytes(4096) }, after: { "b.bin": randomBytes(4096) } },
	{ name: "21 MB", before: { "big.bin": big(1) }, after: { "big.bin": big(2) } },
	{
		name: "CRLF with eol attributes",
		before: { ".gitattributes": "*.txt text eol=lf\n*.bat text eol=crlf\n", "a.bat": "one\ntwo\n" },
		after: { "a.bat": "one\nthree\n", "new.bat": "new\n", "b.txt": "b\n" },
	},
	{ name: "CRLF committed", before: { "w.txt": "one\r\ntwo\r\n" }, after: { "w.txt": "one\r\nthree\r\n" } },
	{ name: "a name with a space", before: { "a b.txt": "1" }, after: { "a b.txt": "2", " lead": "3", "trail ": "4" } },
	{ name: "a name with quotes", before: { "a'b\"c": "1" }, after: { "a'b\"c": "2", '"new"': "3" } },
	{ name: "a name with a newline", before: { "a\nb\t.txt": "1" }, after: { "a\nb\t.txt": "2", "\nnew\n": "3" } },
	{ name: "unicode, modified", before: { "übergrößé/文件.txt": "1" }, after: { "übergrößé/文件.txt": "2" } },
	{ name: "unicode, new", after: { "新しい/🎉.txt": "party\n" } },
	{ name: "options as names", before: { "--force": "1" }, after: { "--force": "2", "-rf": "3", "--": "4" } },
	{ name: "magic pathspecs as names", after: { ":(exclude)app.txt": "1", "*": "2", "[a]": "3" } },
	{ name: "ident and export attributes", after: { ".gitattributes": "* ident export-subst\n", "id.c": "$Id$\n" } },
];

/** Below each of them. */
export const fileCasesBase: Tree = {
	"app.txt": "one\n",
	"sub/file.txt": "file\nof\nlines\n",
	"other/kept.txt": "kept\n",
	"run.sh": { executable: run },
	"plain.sh": run,
};
