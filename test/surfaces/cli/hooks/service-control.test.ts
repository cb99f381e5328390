// Which command lines of a builder's shell are denied, and which look like it and are not.
import { describe, expect, it } from "vitest";
import { forbidsScript } from "../../../../src/surfaces/cli/hooks/service-control.js";

const denied = [
	"systemctl restart x",
	"sudo systemctl --user stop x",
	"sudo -u app -E systemctl stop x",
	"systemctl -H host --no-pager restart x",
	"systemctl daemon-reload",
	"cd a && pm2 restart all",
	'bash -c "kill -9 123"',
	"bash -lc 'cd x; kill 1'",
	"bash -o pipefail -c 'systemctl stop x'",
	"sh -ec 'sh -c \"pm2 reload app\"'",
	"FOO=1 BAR='a b' systemctl restart x",
	"env -i PATH=/bin systemctl restart x",
	"/usr/bin/systemctl restart x",
	"'systemctl' restart x",
	'"system""ctl" restart x',
	"sys\\temctl restart x",
	"$'\\x6bill' 12",
	"ls | xargs kill",
	"pgrep node | xargs -r -n 1 kill -9",
	"find . -name '*.pid' -exec pkill -F {} \\;",
	"echo $(kill 123)",
	'echo "now $(systemctl restart x)"',
	"echo `kill 123`",
	"cat <(pm2 stop app)",
	"true; (kill 123)",
	"{ kill 123; }",
	"if true; then systemctl restart x; fi",
	"for p in 1 2; do kill $p; done",
	"! pkill -f server.js",
	"ls ||\nkillall node",
	"nohup timeout -s KILL 5 systemctl restart x &",
	"timeout --kill-after=3 5 supervisorctl restart app",
	"exec launchctl kickstart -k gui/501/app",
	"service nginx restart",
	"docker restart app",
	"docker --host tcp://x container kill app",
	"docker compose -f prod.yml up -d",
	"docker-compose down",
	"podman rm -f app",
	"kubectl -n prod rollout restart deploy/app",
	"npx -y pm2 restart app",
	"pnpm dlx pm2 stop 0",
	"fuser -k 3000/tcp",
	"kill -s TERM 123",
	"kill -- -123",
	"kill -9 %1 123",
	"bash <<EOF\nkill 123\nEOF",
	"bash <<< 'kill 123'",
	"echo kill 123 | sh",
	"eval 'kill' 123",
	"su - app -c 'kill 123'",
	"busybox kill 123",
	"ls 2>/dev/null; kill 5 >&2",
	"deadman approve sw_1",
	"deadman --json --dir /srv/app confirm sw_1",
	"DEADMAN_ACTOR= npx deadman rollback sw_1",
	"node ./node_modules/deadman/bin/deadman.js extend sw_1",
	"deadman submit fix --summary x --insist",
	"deadman data replay sw_1",
	"deadman init --agent claude --remove --yes",
	"curl --unix-socket .deadman/deadman.sock http://x/v1/swaps/sw_1/approve -X POST",
	"npx deadman@latest approve sw_1",
	"./bin/deadman.js approve sw_1",
	"./node_modules/.bin/pm2 restart app",
	"init 6",
	"reboot",
];

const allowed = [
	"echo systemctl restart x",
	"echo 'a; kill 1'",
	'git commit -m "systemctl restart x; kill 1"',
	"grep -rn 'kill -9' src",
	"# systemctl restart x",
	"ls # ; kill 1",
	"systemctl status x",
	"systemctl --user is-active x",
	"systemctl list-units --type service",
	"systemctl --version",
	"pm2 logs app",
	"supervisorctl status",
	"service --status-all",
	"man systemctl",
	"which pm2 kill",
	"command -v systemctl",
	"cat <<'EOF'\nkill 123\nEOF",
	"cat > notes.md <<EOF\nsystemctl restart x\nEOF\nls",
	"node server.js & kill $!",
	"kill %1",
	"kill $(jobs -p)",
	"kill -l",
	"kill -0 123",
	"pkill --help",
	"docker ps",
	"docker run --rm -it image kill",
	"docker compose logs -f",
	"kubectl get pods",
	"npm run restart-tests",
	"npm test -- kill",
	"./kill-switch.test.sh",
	"vim kill",
	"./scripts/kill 3000",
	"./init now",
	"deadman status",
	"deadman --json submit fix --summary 'kill 1 and approve'",
	"deadman wait sw_1 --until finalized",
	"deadman withdraw sw_1",
	"deadman workspace create approve",
	"deadman data show sw_1",
	"curl http://127.0.0.1:3000/healthz",
	"case $1 in stop) echo no;; esac",
	// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell that fills it
	"x=$((1 + 2)); echo ${x:-kill}",
	"",
	"'unfinished",
	"echo $(",
	"node -e 'console.log(1)'",
];

describe("denied", () => {
	it.each(denied)("%s", (script) => expect(forbidsScript(script)).toMatch(/^`.+` /));
});

describe("allowed", () => {
	it.each(allowed)("%s", (script) => expect(forbidsScript(script)).toBeNull());
});

it("says what was seen, and what to do instead", () => {
	expect(forbidsScript("cd a && sudo systemctl restart app")).toMatch(/^`systemctl restart app` .*request_swap/);
	expect(forbidsScript("deadman confirm sw_1")).toMatch(/never decides/);
});

it("reads what nests without end, and what is very long", () => {
	expect(forbidsScript(`${"$(".repeat(5_000)}kill 1`)).toBeTypeOf("object");
	expect(forbidsScript(`${"echo a; ".repeat(5_000)}kill 1`)).toMatch(/kill 1/);
	expect(forbidsScript(`${"bash -c '".repeat(200)}`)).toBeNull();
});
