// What an agent is told of the flow by the server itself: a few sentences for every session, and the whole of it as a resource.

export const instructions =
	"The running program is guarded by deadman. To change it: create_workspace, edit and commit there, request_swap, then follow it with " +
	"wait_for_swap. A person approves it; it goes live on trial and rolls back, code and data, unless a person confirms it in time. No tool " +
	"here decides: tell the user what you wait for. After a rollback call explain_last_rollback, fix the cause, commit, request again. " +
	"Never edit the live checkout and never restart the program. The resource deadman://flow tells the whole of it.";

export const flow = `# How a change goes live

1. \`create_workspace\` gives you a folder: a git checkout of the live version. Edit only there.
2. Run the project's own tests, then commit. Only commits are proposed.
3. \`request_swap\` with the workspace, a summary, and a sentence for each changed file. It answers at once with an id. With an
   \`idempotency_key\` the same request sent twice is one swap.
4. **pending_approval**: a person reads the change and approves or refuses it. That may take hours. You cannot approve.
5. **staging**: the change is merged onto the live version, built and checked beside it. A failure here touches nothing, and the swap goes
   back to **drafting**.
6. **cutting_over**: data is saved, the old version stops, the new one starts and has to prove itself.
7. **awaiting_confirmation**: it is live on trial. A window runs. A person confirms it, or it rolls back by itself: code and data are
   then as they were. It rolls back as well when the program dies or stops answering.
8. It ends: **finalized** (kept), **rolled_back**, **rejected** (refused, withdrawn or never approved), or **stranded** (a person has to help).

## Following it

\`wait_for_swap\` answers within 25 seconds, earlier when the swap rests; call it again. \`get_swap\` answers at once. Outcomes that you have
not been told of come along with the next answer of any tool, as \`outcomes_since_last_call\`.

## When it was not kept

\`explain_last_rollback\` gives the cause, the last lines of the log, the failed check or the probe's answer, the tree, and what to do. The
same stands in \`.deadman-outcome.json\` in the workspace. Fix the cause, commit, request again. The same tree is refused.

## Refusals

A result with \`isError\` has a \`code\` that stays the same, a \`message\`, and \`next\`: what to do. \`no_supervisor\` means that nobody answers
now: tell the user; the tools work again as soon as it runs.

## What you never do

Approve, confirm, roll back, extend: those are a person's. Do not restart, stop or signal the program, do not edit the live checkout,
and leave \`.deadman/\` alone. Which paths are judged how is in \`deadman://policy\`.
`;
