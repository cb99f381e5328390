// Which keys a TOML file names, past strings, comments, lists and inline tables; and what is no TOML.
import { expect, it } from "vitest";
import { TextProblem } from "../../../../src/surfaces/cli/agents/json-text.js";
import { tomlKeys } from "../../../../src/surfaces/cli/agents/toml-keys.js";

const pathsOf = (text: string) => tomlKeys(text).map(({ path, isTable }) => path.join(".") + (isTable ? "!" : ""));

it.each([
	["", []],
	["\uFEFFa=1", ["a"]],
	['a = "[x]" # [y]\r\n[b.c]\r\nd = [1, "]", # ]\r\n 3,\r\n]\r\n', ["a", "b.c!", "b.c.d"]],
	["[[e]]\nf = { g = 1, h.i = '}' }\n", ["e", "e.f", "e.f.g", "e.f.h.i"]],
	['a = """\n[x]\n\\""""\nb = """c ""d"" e"""\n', ["a", "b"]],
	["s = '''\n[x]\n''''\nt = ''\n", ["s", "t"]],
	["d = 1979-05-27 07:32:00.5-07:00\nt = 07:32:00\nn = -nan\nh = 0xDEAD_beef", ["d", "t", "n", "h"]],
	['"a b".c = 1\n[ \'q\' . "r" ]\n', ["a b.c", "q.r!"]],
	["x = [[1, 2], [{a=1},\n{b=2}]]\n", ["x", "x.a", "x.b"]],
] as const)("%j", (text, keys) => expect(pathsOf(text)).toEqual(keys));

it.each(["bad", "[a", "a = ", 'a = "x', "a = 1 b = 2", "= 1", "a = [1, 2", "a.b = {c = 1", "[a] b = 1", 'a = """x'])(
	"%j is none",
	(text) => expect(() => tomlKeys(text)).toThrow(TextProblem),
);
