// A limit on everything, in one place. Milliseconds and bytes unless the name says otherwise.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const MIB = 1024 * 1024;

export const limits = {
	/** Durations at the door (F29). */
	minDurationMs: 1,
	maxDurationMs: 30 * 24 * 60 * MINUTE,
	minWindowMs: SECOND,
	maxWindowMs: 24 * 60 * MINUTE,
	/** Starts of one candidate, and its deaths close to a start. */
	boots: 3,
	quickDeaths: 2,
	quickDeathMs: 10 * SECOND,
	/** Tries of a step that redoes itself, and the pause between them. */
	stepAttempts: 3,
	retryPauseMs: 500,
	/** Longest pause of a step that something holds up, and when people are told of it. */
	blockedPauseMs: 5 * SECOND,
	blockedTellMs: 30 * SECOND,
	/** How long a confirm waits until live.json says it too. */
	confirmMs: 10 * SECOND,
	/** How long processes that are not ours may hold a database before the change goes back to its builder. */
	holdersMs: 30 * SECOND,
	/** How long whoever asks for the supervisor's health waits for its journal. */
	vitalsMs: 2 * SECOND,
	/** How long a journal that cannot be opened is tried again, and how long its thread may owe an answer. */
	journalWaitMs: 5 * SECOND,
	journalAnswerMs: 60 * SECOND,
	/** A token that was right is right for so long, where it only carries a heartbeat. */
	heartbeatTrustMs: SECOND,
	/** Lives of the supervisor in a row within one trial, each begun so soon after the one before: one more goes back first. */
	guardStarts: 5,
	guardQuietMs: 2 * MINUTE,
	/** Between two looks at what a trial writes where no rollback reaches. */
	uncoveredLookMs: 15_000,
	probeFailures: 3,
	probeTimeoutMs: 5 * SECOND,
	compareAndSetTries: 16,
	summaryCharacters: 4_096,
	reasonCharacters: 1_024,
	/** Swaps that a list shows, newest first. */
	listed: 500,
	/** Projections that are kept in memory. */
	recentSwaps: 64,
	files: 50_000,
	pathBytes: 1_024,
	/** Of a diff that is kept for approvers; a longer one is cut, and approval needs the typed phrase. */
	reviewBytes: 4 * MIB,
	/** Of one changed file, both its sides, and of all together: what is larger is named and not compared. */
	comparedBytes: 16 * MIB,
	comparedTotalBytes: 48 * MIB,
	/** Default time in which somebody has to approve. */
	approvalMs: 24 * 60 * MINUTE,
	/** Refused requests that are kept of one actor within a minute; more are only counted in the log. */
	auditsPerMinute: 30,
	/** Tokens in force at one time. */
	tokens: 500,
	/** Over TCP, of one address: requests without a right token before it is told to wait. */
	failedTokensPerMinute: 20,
	/** Over TCP: connections at one time, requests on one of them, and the time in which a request has to arrive. */
	connections: 256,
	requestsPerConnection: 1_000,
	headerBytes: 16 * 1024,
	headersMs: 10 * SECOND,
	receiveMs: 30 * SECOND,
	idleMs: 5 * SECOND,
	/** Over TCP: how long an answer may wait for a reader that takes nothing of it. */
	stalledMs: 30 * SECOND,
	/** Builders whose signs of life are remembered: the one that was silent longest goes first. */
	builders: 256,
	/** Of one builder, and of one swap: what a builder says of its progress is journaled. */
	milestonesPerMinute: 30,
	milestones: 200,
	milestoneCharacters: 512,
	/** Heartbeats and errors of one agent within a minute; those that tell of a fatal are counted by themselves, so that none is lost in a flood. */
	agentBeatsPerMinute: 240,
	agentFatalsPerMinute: 30,
	/** Errors of one agent within a minute that readers of the feed are told; the others are only kept. */
	agentErrorsTold: 30,
	/** Of an error that an agent reports, and of what stands beside it, as JSON. */
	agentMessageCharacters: 4_096,
	agentContextCharacters: 16_384,
	/** Of capabilities and of the hardware's profile, as JSON each. */
	agentProfileCharacters: 65_536,
	agentTasks: 1_000,
	agentsListed: 1_000,
	agentErrorsListed: 20,
	/** Of one agent, at a registry. */
	agentWorkspaces: 100,
	/** Agents that are remembered beside the journal: the one that was silent longest is looked up again. */
	agentsRemembered: 10_000,
	/** A contact that is no heartbeat is written once in this time. */
	contactMs: MINUTE,
	presenceSweepMs: 15 * SECOND,
	agentPruneMs: 60 * MINUTE,
	/** How often the card counts what a version on trial warns of. */
	warningsToldMs: 5 * SECOND,
	/** Of a key that makes a repeated request the same one. */
	keyCharacters: 128,
	/** Outcomes that one answer lists, newest first. */
	outcomes: 100,
	/** Of one private folder's content: more belongs into a database or a data folder. */
	privateBytes: 256 * MIB,
	/** Of an untrusted command's whole family. */
	confinedProcesses: 512,
	confinedMemoryBytes: 4 * 1024 * MIB,
	causeLogLines: 20,
	causeLogCharacters: 4_096,
	commandOutputBytes: 10 * MIB,
	gitTimeoutMs: 2 * MINUTE,
	/** Of dependencies, into a release or out of it. */
	copyTimeoutMs: 15 * MINUTE,
	gitOutputBytes: 256 * MIB,
	/** How long packing the own repository may take; what is left is done at another time. */
	compactMs: 10 * MINUTE,
	requestBytes: MIB,
	waitMs: 10 * MINUTE,
	/** Event streams of one door, and of one token; facts that one of them reads at a time. */
	streams: 64,
	streamsOfCaller: 8,
	streamBatch: 64,
	/** A stream's sign of life, the pause after which its client comes back, and how long a client may take nothing of what it was sent. */
	streamPulseMs: 15 * SECOND,
	streamRetryMs: 2 * SECOND,
	streamStalledMs: 30 * SECOND,
	outboxBackoffMs: SECOND,
	outboxBackoffCapMs: MINUTE,
	/** Messages that one look at the outbox takes, over all channels; and those that a channel delivers before the next look. */
	outboxDue: 512,
	outboxBatch: 32,
	/** Messages that were sent, of which so many stay: one of the same words is not sent again. */
	outboxKept: 2_000,
	sendTimeoutMs: 10 * SECOND,
	/** What is left of a window when people are warned: half of it but at most the first, then the last; of two that are not so far apart the later one; and none below the least. */
	warnFirstMs: MINUTE,
	warnLastMs: 20 * SECOND,
	warnApartMs: 10 * SECOND,
	warnLeastMs: 5 * SECOND,
	/** What the card's button adds to the window. */
	extensionMs: 2 * MINUTE,
	/** Clicks within a minute of somebody who may not decide: more are neither judged nor kept. And how many such people are remembered. */
	strangerClicks: 5,
	strangers: 1_000,
	/** In which a builder's webhook or command has to take an outcome. */
	tellMs: 30 * SECOND,
	restartBackoffMs: 250,
	restartBackoffCapMs: 30 * SECOND,
	/** A life longer than this resets the restart back-off. */
	restartResetMs: MINUTE,
	logBytes: 10 * MIB,
	logFiles: 5,
	ballastBytes: 16 * MIB,
	timerMs: 2 ** 31 - 1,
	/** Local edits that were kept before a checkout followed, of so many confirms. */
	keptEdits: 20,
	fenceMs: 5 * SECOND,
	lockWaitMs: 10 * SECOND,
} as const;
