// What an agent is told about deadman, in its own files: the skill, and the block in AGENTS.md. Short, because it is read in every session.

export const skillMark = "<!-- deadman:skill -->";
export const blockMarks = { begin: "<!-- deadman:begin -->", end: "<!-- deadman:end -->" };
export const tomlMarks = { begin: "# deadman:begin", end: "# deadman:end" };

export const block = `## Changing this program

The running program is guarded by deadman. A change goes live only as a *swap*: you propose it, a person approves it, and it is
rolled back, code and data, unless a person confirms it in time.

- Do not edit the files of this checkout, and do not start, stop or restart the program or its services yourself.
- Make a workspace (MCP tool \`create_workspace\`, or \`deadman workspace create NAME\`); edit, test and commit there.
- Propose it: \`request_swap\`, or \`deadman submit NAME --summary "..." --file-summary "PATH=what and why"\`.
- Follow it: \`wait_for_swap\`, or \`deadman wait SWAP\`. Approving and confirming is for people; do not try it.
- After a rollback read \`explain_last_rollback\` or \`.deadman-outcome.json\` in the workspace, and change the code. The same
  tree is refused a second time.`;

export const skill = `---
name: deadman
description: How to change this program safely with deadman. Use it before editing its code, restarting it, or when a change was rolled back or refused.
---
${skillMark}

# Changing a program that deadman guards

1. **Workspace.** \`create_workspace\` with a short name (or \`deadman workspace create NAME\`). It answers with a folder: a checkout
   of the live version. Edit only there, never in the live checkout.
2. **Commit** in the workspace. Only commits are proposed. Run the project's own tests first.
3. **Propose.** \`request_swap\` with the workspace, a summary in a sentence or two, and one sentence for each changed file (or
   \`deadman submit NAME --summary "..." --file-summary "PATH=..."\`). Repeat it with the same idempotency key if the answer got lost.
4. **Wait.** \`wait_for_swap\` answers within 25 seconds; call it again while the swap is under way. A person approves; it is then
   staged, tried and confirmed, or rolled back by itself. Tell the user what you wait for. You cannot decide it, by any tool.
5. **Learn.** When it was rolled back, refused or failed, \`explain_last_rollback\` tells the cause, the last lines of the log and
   what to do; the same stands in \`.deadman-outcome.json\` in the workspace. Fix the cause, commit, propose again. The same tree is
   refused.

While you work on a longer task: \`post_heartbeat\` says that you live, \`report_milestone\` how far you are. \`withdraw_swap\` takes
your own proposal back.

Never restart, stop or signal the program or its services, and never edit \`.deadman/\`: the supervisor does the one, and the other
is the operator's.
`;
