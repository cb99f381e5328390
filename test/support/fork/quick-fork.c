/*
 * Lets node start processes as quickly from a large process as from a small one. libuv starts a child with fork(), which copies the page
 * tables of the parent: about 10 ms for each 100 MB, and the tests start hundreds of thousands of children. Here fork() is vfork(): the child
 * borrows the parent's memory until it is another program, and the thread that started it waits so long. libuv's child does nothing before
 * exec but set its file descriptors, signals and directory, all of which are its own; what it writes into memory beside them, its stack and
 * `environ`, is put back for the parent. Preloaded into node by quick-fork.ts, on Linux with x86_64; other programs keep their fork().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The frame of libuv's function that forks is far smaller. */
#define DEPTH 4096

extern char **environ;

/* Set where the program is not node. */
int (*quick_fork_real)(void) = NULL;

static __thread struct {
	void *return_address;
	char **environ;
	char stack[DEPTH];
} kept;

/* `stack` is where the caller's frame begins. */
void *quick_fork_keep(char *stack, void *return_address) {
	kept.return_address = return_address;
	kept.environ = environ;
	memcpy(kept.stack, stack, DEPTH);
	return &kept;
}

/* Runs twice, as fork returns twice: in the child with 0, and then in the parent, whose memory the child has used. */
long quick_fork_restore(char *stack, long result) {
	if (result == 0) return 0;
	environ = kept.environ;
	memcpy(stack, kept.stack, DEPTH);
	if (result > 0) return result;
	errno = (int)-result;
	return -1;
}

__asm__(".text\n"
	".globl fork\n"
	".type fork, @function\n"
	"fork:\n"
	"	mov quick_fork_real@GOTPCREL(%rip), %rax\n"
	"	mov (%rax), %rax\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	jmp *%rax\n"
	"1:	mov (%rsp), %rsi\n"
	"	lea 8(%rsp), %rdi\n"
	"	sub $8, %rsp\n"
	"	call quick_fork_keep@PLT\n"
	"	add $8, %rsp\n"
	"	mov %rax, %rdx\n" /* A system call leaves it as it is. */
	"	mov $58, %eax\n"  /* vfork */
	"	syscall\n"
	"	mov (%rdx), %r8\n"
	"	mov %r8, (%rsp)\n" /* The child has written over it. */
	"	lea 8(%rsp), %rdi\n"
	"	mov %rax, %rsi\n"
	"	sub $8, %rsp\n"
	"	call quick_fork_restore@PLT\n"
	"	add $8, %rsp\n"
	"	ret\n"
	".size fork, . - fork\n");

/* Whoever is started from here is not meant. */
__attribute__((constructor)) static void choose(void) {
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	path[length < 0 ? 0 : length] = 0;
	const char *name = strrchr(path, '/');
	if (name == NULL || strcmp(name, "/node") != 0) quick_fork_real = (int (*)(void))dlsym(RTLD_NEXT, "fork");
	unsetenv("LD_PRELOAD");
}
