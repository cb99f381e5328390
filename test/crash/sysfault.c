/*
 * sysfault: makes one system call of a whole process tree fail, or each one from there on. One counter over every process and thread
 * (strace counts per thread), by ptrace and a seccomp filter, so that neither the libc nor the environment matters. x86_64 only.
 *
 *   gcc -O2 -o sysfault sysfault.c
 *   sysfault CONTROL ERRNO once|lasting all|writes|reads|space PATH PROGRAM -- COMMAND ARGUMENT...
 *
 *   CONTROL  a file of 4096 bytes that the harness reads and writes meanwhile: struct control below
 *   ERRNO    the number that a failing call answers with; 0 only counts
 *   writes   counts what changes something at PATH or below it; all: every new process and program too; reads: every open and read too;
 *            space: only what a full disk refuses
 *   PROGRAM  words in the command line of the supervised program, whose own calls are not counted
 *
 * A call that fails is not executed. The tracer outlives COMMAND, and has to: what COMMAND leaves running still carries the filter.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "sysfault reads the registers of x86_64"
#endif

struct control {
	volatile int64_t armed; /* counts while it is 1; set by the harness, or by COMMAND itself */
	volatile int64_t at;    /* the number of the call that fails */
	volatile int64_t count;
	volatile int64_t fired; /* the number of the first call that failed; 0: none yet */
	volatile int64_t ended; /* 1 + the exit code of COMMAND (128 + the signal that ended it); 0: it lives */
	char what[192];         /* of the first call that failed: its name and path */
};

/* Where a call names what it touches. */
enum shape {
	FD_0,         /* a descriptor in the first argument */
	FD_2,         /* in the third */
	PATH_0,       /* a path in the first argument */
	PATH_1,
	AT_0,         /* a folder's descriptor in the first argument, a path in the next */
	AT_1,
	AT_2,
	OPEN,         /* as PATH_0, with flags behind it */
	OPENAT,       /* as AT_0, with flags behind it */
	EXEC,
	FORK,         /* flags, where there are any, in the first argument */
	CLONE3        /* flags in a structure */
};

enum kind { CHANGES, NEEDS_SPACE, READS, PROCESSES };

struct call {
	int number;
	const char *name;
	enum shape shape;
	enum kind kind;
};

static const struct call calls[] = {
	{SYS_write, "write", FD_0, NEEDS_SPACE},
	{SYS_writev, "writev", FD_0, NEEDS_SPACE},
	{SYS_pwrite64, "pwrite64", FD_0, NEEDS_SPACE},
	{SYS_pwritev, "pwritev", FD_0, NEEDS_SPACE},
	{SYS_fsync, "fsync", FD_0, CHANGES},
	{SYS_fdatasync, "fdatasync", FD_0, CHANGES},
	{SYS_syncfs, "syncfs", FD_0, CHANGES},
	{SYS_ftruncate, "ftruncate", FD_0, NEEDS_SPACE},
	{SYS_fallocate, "fallocate", FD_0, NEEDS_SPACE},
	{SYS_fchmod, "fchmod", FD_0, CHANGES},
	{SYS_sendfile, "sendfile", FD_0, NEEDS_SPACE},
	{SYS_copy_file_range, "copy_file_range", FD_2, NEEDS_SPACE},
	{SYS_open, "open", OPEN, NEEDS_SPACE},
	{SYS_openat, "openat", OPENAT, NEEDS_SPACE},
	{SYS_creat, "creat", PATH_0, NEEDS_SPACE},
	{SYS_truncate, "truncate", PATH_0, CHANGES},
	{SYS_chmod, "chmod", PATH_0, CHANGES},
	{SYS_fchmodat, "fchmodat", AT_0, CHANGES},
	{SYS_mkdir, "mkdir", PATH_0, NEEDS_SPACE},
	{SYS_mkdirat, "mkdirat", AT_0, NEEDS_SPACE},
	{SYS_rmdir, "rmdir", PATH_0, CHANGES},
	{SYS_unlink, "unlink", PATH_0, CHANGES},
	{SYS_unlinkat, "unlinkat", AT_0, CHANGES},
	{SYS_rename, "rename", PATH_1, CHANGES},
	{SYS_renameat, "renameat", AT_2, CHANGES},
	{SYS_renameat2, "renameat2", AT_2, CHANGES},
	{SYS_link, "link", PATH_1, NEEDS_SPACE},
	{SYS_linkat, "linkat", AT_2, NEEDS_SPACE},
	{SYS_symlink, "symlink", PATH_1, NEEDS_SPACE},
	{SYS_symlinkat, "symlinkat", AT_1, NEEDS_SPACE},
	{SYS_execve, "execve", EXEC, PROCESSES},
	{SYS_fork, "fork", FORK, PROCESSES},
	{SYS_vfork, "vfork", FORK, PROCESSES},
	{SYS_clone, "clone", FORK, PROCESSES},
	{SYS_clone3, "clone3", CLONE3, PROCESSES},
	{SYS_read, "read", FD_0, READS},
	{SYS_pread64, "pread64", FD_0, READS},
};
#define CALLS (sizeof calls / sizeof *calls)

enum { PIDS = 1 << 22 };

static struct control *control;
static const char *below, *program;
static int failure, lasting;
static enum { ALL, WRITES, READS_TOO, SPACE } counted;
static pid_t command;
/* By process: 1 where it is the supervised program, whose calls do not count. */
static uint8_t *is_program;

static int is_below(const char *path) {
	size_t length = strlen(below);
	return strncmp(path, below, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/* A text of another process, at most up to the end of the second page. */
static int read_text(pid_t pid, unsigned long address, char *text, size_t size) {
	size_t here = 4096 - (address & 4095);
	if (here > size - 1) here = size - 1;
	struct iovec local = {text, here}, remote = {(void *)address, here};
	ssize_t length = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (length <= 0) return -1;
	text[length] = 0;
	if (memchr(text, 0, length) != NULL || here == size - 1) return 0;
	struct iovec more = {text + length, size - 1 - length}, next = {(void *)(address + length), size - 1 - length};
	ssize_t rest = process_vm_readv(pid, &more, 1, &next, 1, 0);
	if (rest > 0) text[length + rest] = 0;
	return 0;
}

static int path_of_fd(pid_t pid, int fd, char *path, size_t size) {
	char link[64];
	if (fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", pid);
	else snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, fd);
	ssize_t length = readlink(link, path, size - 1);
	if (length < 0) return -1;
	path[length] = 0;
	return 0;
}

static int path_at(pid_t pid, int folder, unsigned long address, char *path, size_t size) {
	char named[PATH_MAX], from[PATH_MAX];
	if (read_text(pid, address, named, sizeof named) != 0) return -1;
	if (named[0] == '/') {
		snprintf(path, size, "%s", named);
		return 0;
	}
	if (path_of_fd(pid, folder, from, sizeof from) != 0) return -1;
	snprintf(path, size, "%s/%s", from, named);
	return 0;
}

static int is_thread(pid_t pid, unsigned long flags_at) {
	uint64_t flags = 0;
	struct iovec local = {&flags, sizeof flags}, remote = {(void *)flags_at, sizeof flags};
	process_vm_readv(pid, &local, 1, &remote, 1, 0);
	return (flags & CLONE_THREAD) != 0;
}

static int is_of_kind(const struct call *call) {
	switch (call->kind) {
	case NEEDS_SPACE: return 1;
	case CHANGES: return counted != SPACE;
	case READS: return counted == READS_TOO;
	case PROCESSES: return counted == ALL;
	}
	return 0;
}

static const struct call *call_of(long number) {
	for (size_t i = 0; i < CALLS; i++)
		if (calls[i].number == number) return is_of_kind(&calls[i]) ? &calls[i] : NULL;
	return NULL;
}

/* A full disk refuses a new file, and opens the one that is there. */
static int opens(unsigned long flags) {
	if (counted == READS_TOO) return 1;
	if (counted == SPACE) return (flags & O_CREAT) != 0;
	return (flags & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC)) != 0;
}

/* Whether the call that this process is about to make counts; if so, what it touches. */
static int counts(pid_t pid, const struct user_regs_struct *regs, const struct call *call, char *path, size_t size) {
	unsigned long argument[4] = {regs->rdi, regs->rsi, regs->rdx, regs->r10};
	int unknown = 1;
	path[0] = 0;
	switch (call->shape) {
	case FD_0: unknown = path_of_fd(pid, (int)argument[0], path, size); break;
	case FD_2: unknown = path_of_fd(pid, (int)argument[2], path, size); break;
	case PATH_0: unknown = path_at(pid, AT_FDCWD, argument[0], path, size); break;
	case PATH_1: unknown = path_at(pid, AT_FDCWD, argument[1], path, size); break;
	case AT_0: unknown = path_at(pid, (int)argument[0], argument[1], path, size); break;
	case AT_1: unknown = path_at(pid, (int)argument[1], argument[2], path, size); break;
	case AT_2: unknown = path_at(pid, (int)argument[2], argument[3], path, size); break;
	case OPEN:
		if (opens(argument[1])) unknown = path_at(pid, AT_FDCWD, argument[0], path, size);
		break;
	case OPENAT:
		if (opens(argument[2])) unknown = path_at(pid, (int)argument[0], argument[1], path, size);
		break;
	case EXEC: return path_at(pid, AT_FDCWD, argument[0], path, size) == 0;
	case FORK: return call->number != SYS_clone || !(argument[0] & CLONE_THREAD);
	case CLONE3: return !is_thread(pid, argument[0]);
	}
	if (counted == SPACE && (call->shape == OPEN || call->shape == OPENAT) && access(path, F_OK) == 0) return 0;
	/* A failing -shm is memory, not a disk. */
	return unknown == 0 && strstr(path, "-shm") == NULL && is_below(path);
}

/* At each counted call: whether it is the one. */
static void consider(pid_t pid) {
	struct user_regs_struct regs;
	char path[PATH_MAX * 2];
	if (!control->armed || is_program[pid] || ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0) return;
	const struct call *call = call_of((long)regs.orig_rax);
	if (call == NULL || !counts(pid, &regs, call, path, sizeof path)) return;
	int64_t number = ++control->count;
	if (failure == 0 || !(lasting ? number >= control->at : number == control->at)) return;
	if (control->fired == 0) {
		snprintf(control->what, sizeof control->what, "%s %.150s", call->name, path);
		control->fired = number;
	}
	regs.orig_rax = -1;
	regs.rax = -failure;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

/* After an exec: the supervised program is known by its command line. */
static void recognise(pid_t pid) {
	char file[64], line[4096];
	snprintf(file, sizeof file, "/proc/%d/cmdline", pid);
	int fd = open(file, O_RDONLY);
	if (fd < 0) return;
	ssize_t length = read(fd, line, sizeof line - 1);
	close(fd);
	if (length <= 0) return;
	for (ssize_t i = 0; i < length; i++)
		if (line[i] == 0) line[i] = ' ';
	line[length] = 0;
	is_program[pid] = strstr(line, program) != NULL;
}

static void filter_and_exec(char **arguments) {
	struct sock_filter filter[CALLS + 3];
	size_t n = 0, traced = 0;
	for (size_t i = 0; i < CALLS; i++) traced += is_of_kind(&calls[i]);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++)
		if (is_of_kind(&calls[i])) {
			filter[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, traced - n + 1, 0);
			n++;
		}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	struct sock_fprog all = {n, filter};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) != 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* without root it takes this promise */
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) != 0) {
			perror("sysfault: seccomp");
			_exit(126);
		}
	}
	execvp(arguments[0], arguments);
	perror("sysfault: exec");
	_exit(127);
}

/* COMMAND waits until it is traced. */
static int start(char **arguments) {
	int go[2];
	char byte;
	if (pipe2(go, O_CLOEXEC) != 0) return -1;
	command = fork();
	if (command == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 1) _exit(125);
		filter_and_exec(arguments);
	}
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	if (command < 0 || ptrace(PTRACE_SEIZE, command, 0, options) != 0) return -1;
	return write(go[1], "x", 1) == 1 ? 0 : -1;
}

static void on_end(pid_t pid, int status) {
	is_program[pid] = 0;
	if (pid != command) return;
	control->armed = 0;
	control->ended = 1 + (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void on_stop(pid_t pid, int status) {
	int signal = WSTOPSIG(status);
	unsigned long child;
	switch (status >> 16) {
	case PTRACE_EVENT_STOP:
		if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
			ptrace(PTRACE_LISTEN, pid, 0, 0);
			return;
		}
		signal = 0;
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0) is_program[child] = is_program[pid];
		signal = 0;
		break;
	case PTRACE_EVENT_EXEC:
		recognise(pid);
		signal = 0;
		break;
	case PTRACE_EVENT_SECCOMP:
		consider(pid);
		signal = 0;
		break;
	}
	ptrace(PTRACE_CONT, pid, 0, signal);
}

int main(int count, char **arguments) {
	if (count < 9 || strcmp(arguments[7], "--") != 0) {
		fputs("usage: sysfault CONTROL ERRNO once|lasting all|writes|reads|space PATH PROGRAM -- COMMAND ARGUMENT...\n", stderr);
		return 2;
	}
	int fd = open(arguments[1], O_RDWR | O_CLOEXEC);
	control = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	is_program = mmap(NULL, PIDS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (control == MAP_FAILED || is_program == MAP_FAILED) {
		perror("sysfault: mmap");
		return 2;
	}
	failure = atoi(arguments[2]);
	lasting = strcmp(arguments[3], "lasting") == 0;
	counted = strcmp(arguments[4], "all") == 0     ? ALL
	          : strcmp(arguments[4], "reads") == 0 ? READS_TOO
	          : strcmp(arguments[4], "space") == 0 ? SPACE
	                                               : WRITES;
	below = arguments[5];
	program = arguments[6];
	if (start(arguments + 8) != 0) {
		perror("sysfault: ptrace");
		return 2;
	}
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR) continue;
		if (pid < 0) return 0;
		if (WIFSTOPPED(status)) on_stop(pid, status);
		else on_end(pid, status);
	}
}
