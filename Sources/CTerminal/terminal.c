#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1

#include "CTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

// From <term.h>, which cannot be included: it defines macros called lines, columns and buttons.
extern char *tigetstr(const char *);
extern int tigetflag(const char *);

extern char **environ;

// Codes of our own for define_key; ncurses hands out its codes from KEY_MAX (511) upwards to the
// few dozen extended capabilities of an entry.
enum {
    CODE_PASTE_BEGIN = 2000,
    CODE_PASTE_END,
    CODE_FOCUS_IN,
    CODE_FOCUS_OUT,
    CODE_MOUSE,
    CODE_EXTENDED = 2100,  // + evk_key
};

enum { PASTE_LIMIT = 1 << 20, FOLLOW_MILLISECONDS = 50, PROBE_MILLISECONDS = 100 };

// Buttons and wheel only (1000): reports of every movement would wake the loop for nothing.
static const char modes_on[] = "\033[?2004h\033[?1004h";
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char modes_off[] = "\033[?1006l\033[?1000l\033[?1004l\033[?2004l";

// What a crash writes. It begins by breaking off whatever sequence was under way. The alternate
// screen is left last, so that the message that follows it stands on the screen the user came from.
static const char crash_sequence[] =
    "\030\033[?2026l\033[?1003l\033[?1002l\033[?1000l\033[?1006l\033[?1004l\033[?2004l"
    "\033[?25h\033[0m\033(B\017\033[?1l\033>\033[?1049l\r";

static struct {
    bool open;
    bool released;
    bool gone;
    bool mouse;
    bool color;
    bool utf8;
    bool more_input;
    int64_t asked_at;  // when the terminal was asked what it is; 0 once it has answered
    // What the caller was told last. ncurses looks for itself when it comes back from endwin, so
    // its LINES and COLS do not tell whether there is news.
    int columns;
    int rows;
    SCREEN *screen;
    FILE *out;
    int draw_fd;       // where ncurses writes: the terminal, or the buffer while output is gathered
    int plain_fd;      // standard output as we got it
    int tty_fd;        // the terminal's output through a description of our own, which never blocks
    bool blocks;       // the terminal could not be opened anew: tty_fd is standard output's own
    int buffer_fd;     // memfd that gathers one frame
    int signal_fd;
    char *queue;       // what the terminal has not taken yet
    size_t queue_count;
    size_t queue_size;
    bool stale;        // something was drawn while the terminal took nothing
    WINDOW *keys;
    struct termios saved;
    char *frame;
    size_t frame_size;
    cchar_t *row;
    int row_size;
    uint32_t *paste;
    int32_t paste_count;
    int32_t paste_size;
} term = {.draw_fd = -1, .plain_fd = -1, .tty_fd = -1, .buffer_fd = -1, .signal_fd = -1};

// A signal that ends us goes to a thread of its own, which tells the loop. If the loop does not
// give the terminal back in time, because it computes or because nobody reads the terminal, the
// thread does it and ends the process. So no work and no write can hold a signal up.
enum { GRACE_MILLISECONDS = 100, CHILD_GRACE_MILLISECONDS = 2000, EXIT_MILLISECONDS = 1000 };
static atomic_int ending = 0;     // the signal that ends us
static atomic_int child = 0;      // the editor or pager that has the terminal
static atomic_bool closed = true; // the terminal is as it was found
static int ending_fd = -1;        // becomes readable with `ending`
static pthread_t watcher;
static atomic_bool is_watching = false;

// Read by the crash handler; set once before the handlers are.
static volatile sig_atomic_t crash_armed = 0;
static int error_fd = -1;    // the real standard error
static int capture_fd = -1;  // what was written to standard error meanwhile

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof *crash_signals };
static struct sigaction crash_before[CRASH_SIGNALS];
// Signals that nobody expects here, and that end a process.
static const int fatal_signals[] = {
    SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGXCPU, SIGIO, SIGPWR, SIGSTKFLT,
};
enum { FATAL_SIGNALS = sizeof fatal_signals / sizeof *fatal_signals };
static bool crash_chains = false;
static char crash_stack[64 * 1024];

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

// Those of them that the user's shell does not have us ignore, as nohup does: a blocked signal is
// delivered to the thread that waits for it even if it is ignored.
static void add_ending_signals(sigset_t *set) {
    for (int index = 0; index < ENDING_SIGNALS; index++) {
        struct sigaction now;
        int number = ending_signals[index];
        if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(set, number);
    }
}

// The signals that the loop reads.
static void loop_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTSTP);
    sigaddset(set, SIGCONT);
    sigaddset(set, SIGWINCH);
}

// Threads started later inherit the mask.
static void block_signals(void) {
    sigset_t set;
    loop_signals(&set);
    add_ending_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    // A file that may not grow is an error of the write, with a message.
    signal(SIGXFSZ, SIG_IGN);
}

// Standard error: Swift prints the reason of a crash before it traps, and that must not go onto
// the alternate screen, where it would vanish and spoil the picture.

static void copy_captured(void) {
    char part[1024];
    off_t at = 0;
    if (capture_fd < 0 || error_fd < 0) return;
    for (;;) {
        ssize_t count = pread(capture_fd, part, sizeof part, at);
        if (count <= 0) return;
        at += count;
        if (write(error_fd, part, (size_t)count) < 0) return;
    }
}

static void capture_errors(void) {
    if (capture_fd < 0) capture_fd = memfd_create("evenkeel-stderr", MFD_CLOEXEC);
    if (capture_fd < 0) return;
    if (error_fd < 0) error_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (error_fd >= 0) dup2(capture_fd, STDERR_FILENO);
}

static void release_errors(void) {
    if (error_fd < 0 || capture_fd < 0) return;
    fflush(stderr);
    dup2(error_fd, STDERR_FILENO);
    copy_captured();
    if (ftruncate(capture_fd, 0) == 0) lseek(capture_fd, 0, SEEK_SET);
}

// Crashes

static const char report_line[] =
    "evenkeel: this is a fault of the program. Please report it to those you have it from, with "
    "the files and the keys that led here.\n";

// Gives the terminal back as well as it can be done at once. Async-signal-safe.
static void restore_at_once(void) {
    if (!crash_armed) return;
    crash_armed = 0;
    size_t length = sizeof crash_sequence - 1;
    if (term.blocks) {
        struct pollfd room = {.fd = term.tty_fd, .events = POLLOUT};
        if (poll(&room, 1, 0) <= 0 || !(room.revents & POLLOUT)) length = 0;
    }
    if (length > 0 && write(term.tty_fd, crash_sequence, length) != (ssize_t)length && !term.blocks) {
        // It is full: what waits there is a frame that nobody needs any more.
        tcflush(term.tty_fd, TCOFLUSH);
        ssize_t ignored = write(term.tty_fd, crash_sequence, length);
        (void)ignored;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    copy_captured();
    if (error_fd >= 0) dup2(error_fd, STDERR_FILENO);
}

static void on_crash(int number) {
    int saved_errno = errno;
    if (crash_armed) {
        restore_at_once();
        ssize_t ignored = write(STDERR_FILENO, report_line, sizeof report_line - 1);
        (void)ignored;
    }
    for (int index = 0; index < CRASH_SIGNALS; index++) {
        if (crash_signals[index] != number) continue;
        if (crash_chains) {
            sigaction(number, &crash_before[index], NULL);
        } else {
            signal(number, SIG_DFL);
        }
    }
    errno = saved_errno;
    // Blocked until this handler returns; a faulting instruction would fault again anyway, a
    // signal sent from outside would not.
    raise(number);
}

static void on_fatal(int number) {
    restore_at_once();
    signal(number, SIG_DFL);
    raise(number);
}

// For a thread that was there before the signals were blocked, and got one.
static void on_ending(int number) {
    if (is_watching) pthread_kill(watcher, number);
}

static void end_by(int number) {
    sigset_t set;
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number);
}

static bool closes_within(int milliseconds) {
    const struct timespec step = {.tv_nsec = 5000000};
    for (int waited = 0; !closed && waited < milliseconds; waited += 5) nanosleep(&step, NULL);
    return closed;
}

static void *watch(void *unused) {
    (void)unused;
    sigset_t set;
    sigemptyset(&set);
    add_ending_signals(&set);
    for (;;) {
        int number;
        if (sigwait(&set, &number) != 0) continue;
        pid_t running = child;
        int grace = GRACE_MILLISECONDS;
        if (running > 0) {
            // Keys such as ctrl-c went to the child and, as signals, to us.
            if (number == SIGINT || number == SIGQUIT) continue;
            kill(running, number);
            grace = CHILD_GRACE_MILLISECONDS;
        }
        if (closed) end_by(number);
        ending = number;
        uint64_t one = 1;
        ssize_t ignored = write(ending_fd, &one, sizeof one);
        (void)ignored;
        if (closes_within(grace)) {
            const struct timespec rest = {.tv_sec = EXIT_MILLISECONDS / 1000};
            nanosleep(&rest, NULL);
        } else {
            restore_at_once();
        }
        end_by(number);
    }
}

static void arm_crash_handlers(void) {
    static bool installed = false;
    if (!installed) {
        installed = true;
        // Swift's own handler would take the terminal over and ask for keys; it is left in place
        // only for those who ask for it.
        crash_chains = getenv("SWIFT_BACKTRACE") != NULL;
        // A stack overflow leaves no room to run a handler on the stack that overflowed.
        stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
        sigaltstack(&stack, NULL);
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
        sigfillset(&action.sa_mask);
        for (int index = 0; index < CRASH_SIGNALS; index++) {
            sigaction(crash_signals[index], &action, &crash_before[index]);
        }
        // What the user's shell has us ignore stays ignored.
        struct sigaction before;
        action.sa_handler = on_fatal;
        for (int index = 0; index < FATAL_SIGNALS; index++) {
            int number = fatal_signals[index];
            if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL) sigaction(number, &action, NULL);
        }
        for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
            if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL) sigaction(number, &action, NULL);
        }
        action.sa_handler = on_ending;
        action.sa_flags = SA_RESTART;
        for (int index = 0; index < ENDING_SIGNALS; index++) {
            int number = ending_signals[index];
            // ncurses has put handlers of its own where there was none.
            if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(number, &action, NULL);
        }
    }
    crash_armed = 1;
}

// Output past ncurses

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// As much of the queue as the terminal takes without waiting.
static void drain(void) {
    size_t done = 0;
    while (done < term.queue_count && !term.gone) {
        size_t part = term.queue_count - done;
        if (term.blocks) {
            // Room for a few hundred bytes is all that poll promises.
            struct pollfd room = {.fd = term.tty_fd, .events = POLLOUT};
            if (poll(&room, 1, 0) <= 0 || !(room.revents & POLLOUT)) break;
            if (part > 256) part = 256;
        }
        ssize_t count = write(term.tty_fd, term.queue + done, part);
        if (count > 0) {
            done += (size_t)count;
        } else if (count < 0 && errno != EINTR && errno != EAGAIN) {
            term.gone = true;
        } else if (count == 0 || errno == EAGAIN) {
            break;
        }
    }
    term.queue_count -= done;
    memmove(term.queue, term.queue + done, term.queue_count);
}

// Gives the terminal so long to take what is left.
static bool drain_within(int milliseconds) {
    int64_t deadline = now_milliseconds() + milliseconds;
    for (;;) {
        drain();
        int64_t left = deadline - now_milliseconds();
        if (term.queue_count == 0 || term.gone) return true;
        if (left <= 0) return false;
        struct pollfd room = {.fd = term.tty_fd, .events = POLLOUT};
        poll(&room, 1, (int)left);
        if (room.revents & (POLLHUP | POLLERR)) return true;
    }
}

// Never waits: what the terminal does not take now it gets when it has room.
static bool write_all(const char *bytes, size_t count) {
    if (term.gone) return false;
    if (term.queue_count + count > term.queue_size) {
        size_t size = (term.queue_count + count) * 2;
        char *more = realloc(term.queue, size);
        if (!more) return false;
        term.queue = more;
        term.queue_size = size;
    }
    memcpy(term.queue + term.queue_count, bytes, count);
    term.queue_count += count;
    drain();
    return !term.gone;
}

// ncurses calls write once a cursor movement, which tears and costs hundreds of system calls a
// frame, and waits where the terminal takes nothing. So its descriptor points to a buffer while it
// draws, and what it drew leaves in one write.
static bool begin_gathering(void) {
    if (term.buffer_fd < 0 || dup3(term.buffer_fd, term.draw_fd, O_CLOEXEC) < 0) return false;
    lseek(term.buffer_fd, 0, SEEK_SET);
    return true;
}

static bool end_gathering(const char *before, const char *after) {
    off_t length = lseek(term.buffer_fd, 0, SEEK_CUR);
    dup3(term.plain_fd, term.draw_fd, O_CLOEXEC);
    if (length <= 0) return true;
    size_t first = strlen(before), last = strlen(after);
    size_t size = first + (size_t)length + last;
    if (term.frame_size < size) {
        char *more = realloc(term.frame, size);
        if (!more) return false;
        term.frame = more;
        term.frame_size = size;
    }
    memcpy(term.frame, before, first);
    ssize_t count = pread(term.buffer_fd, term.frame + first, (size_t)length, 0);
    if (count < 0) return false;
    memcpy(term.frame + first + count, after, last);
    return write_all(term.frame, first + (size_t)count + last);
}

static void extras_on(void) {
    write_all(modes_on, sizeof modes_on - 1);
    if (term.mouse) write_all(mouse_on, sizeof mouse_on - 1);
}

static void extras_off(void) {
    write_all(modes_off, sizeof modes_off - 1);
}

bool evk_write(const uint8_t *bytes, int64_t count) {
    if (!term.open || term.released) return false;
    return write_all((const char *)bytes, (size_t)count);
}

// Leaves the screen; if nobody takes that in time, without it.
static void leave(void) {
    extras_off();
    bool gathers = begin_gathering();
    endwin();
    if (gathers) end_gathering("", "");
    if (drain_within(GRACE_MILLISECONDS)) {
        tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
        crash_armed = 0;
    } else {
        restore_at_once();
    }
    term.queue_count = 0;
    release_errors();
}

// Opening

static void choose_locale(void) {
    if (setlocale(LC_CTYPE, "")) return;
    // The locale is not installed. If it asks for UTF-8, what matters of it can be had.
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int index = 0; index < 3; index++) {
        const char *value = getenv(names[index]);
        if (!value || !*value) continue;
        if (strcasestr(value, "utf-8") || strcasestr(value, "utf8")) {
            setlocale(LC_CTYPE, "C.UTF-8");
        }
        return;
    }
}

static SCREEN *start_screen(const char *type) {
    // True colour comes only with an entry that has it, such as xterm-direct.
    const char *depth = getenv("COLORTERM");
    if (depth && (!strcmp(depth, "truecolor") || !strcmp(depth, "24bit"))) {
        char direct[128];
        int base = (int)strlen(type);
        const char *suffix = strstr(type, "-256color");
        if (suffix) base = (int)(suffix - type);
        if (!strstr(type, "-direct") && base < 100) {
            snprintf(direct, sizeof direct, "%.*s-direct", base, type);
            SCREEN *screen = newterm(direct, term.out, stdin);
            if (screen) return screen;
        }
    }
    return newterm(type, term.out, stdin);
}

// A type that this system has no entry for is most likely a relative of one that it has.
static SCREEN *start_relative(const char *type, char *name, size_t size) {
    static const char *const relatives[] = {
        "xterm-256color", "xterm", "vt220", "vt100", "linux", "ansi",
    };
    static const char *const multiplexers[] = {"screen-256color", "screen"};
    if (!strncmp(type, "screen", 6) || !strncmp(type, "tmux", 4)) {
        for (size_t index = 0; index < sizeof multiplexers / sizeof *multiplexers; index++) {
            SCREEN *screen = newterm(multiplexers[index], term.out, stdin);
            if (!screen) continue;
            snprintf(name, size, "%s", multiplexers[index]);
            return screen;
        }
    }
    for (size_t index = 0; index < sizeof relatives / sizeof *relatives; index++) {
        SCREEN *screen = newterm(relatives[index], term.out, stdin);
        if (!screen) continue;
        snprintf(name, size, "%s", relatives[index]);
        return screen;
    }
    return NULL;
}

// The terminal through an open file description of our own: that it never blocks must not be felt
// by the shell and others who share ours.
static int open_terminal(void) {
    char path[128];
    struct stat ours, found;
    if (fstat(STDOUT_FILENO, &ours) != 0) return -1;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (attempt == 1) {
            snprintf(path, sizeof path, "/proc/self/fd/%d", STDOUT_FILENO);
        } else if (ttyname_r(STDOUT_FILENO, path, sizeof path) != 0) {
            continue;
        }
        int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) continue;
        if (fstat(fd, &found) == 0 && found.st_rdev == ours.st_rdev && isatty(fd)) return fd;
        close(fd);
    }
    return -1;
}

static void define_keys(void) {
    // TERM says which of the two forms a cursor key has; terminals do not always agree with it.
    define_key("\033[A", KEY_UP);
    define_key("\033[B", KEY_DOWN);
    define_key("\033[C", KEY_RIGHT);
    define_key("\033[D", KEY_LEFT);
    define_key("\033OA", KEY_UP);
    define_key("\033OB", KEY_DOWN);
    define_key("\033OC", KEY_RIGHT);
    define_key("\033OD", KEY_LEFT);
    define_key("\033[H", KEY_HOME);
    define_key("\033[F", KEY_END);
    define_key("\033OH", KEY_HOME);
    define_key("\033OF", KEY_END);
    define_key("\033[1~", KEY_HOME);
    define_key("\033[4~", KEY_END);
    define_key("\033[Z", KEY_BTAB);
    define_key("\033[200~", CODE_PASTE_BEGIN);
    define_key("\033[201~", CODE_PASTE_END);
    define_key("\033[I", CODE_FOCUS_IN);
    define_key("\033[O", CODE_FOCUS_OUT);
    // SGR reports are read here, whatever TERM says: under tmux-256color ncurses would expect the
    // older form, which ends at column 223.
    define_key("\033[<", CODE_MOUSE);
    static const struct {
        const char *name;
        const char *sequence;
        evk_key key;
    } extended[] = {
        {"kUP", "\033[1;2A", EVK_SHIFT_UP},       {"kDN", "\033[1;2B", EVK_SHIFT_DOWN},
        {"kRIT", "\033[1;2C", EVK_SHIFT_RIGHT},   {"kLFT", "\033[1;2D", EVK_SHIFT_LEFT},
        {"kUP5", "\033[1;5A", EVK_CONTROL_UP},    {"kDN5", "\033[1;5B", EVK_CONTROL_DOWN},
        {"kRIT5", "\033[1;5C", EVK_CONTROL_RIGHT}, {"kLFT5", "\033[1;5D", EVK_CONTROL_LEFT},
    };
    for (size_t index = 0; index < sizeof extended / sizeof *extended; index++) {
        int code = CODE_EXTENDED + (int)extended[index].key;
        define_key(extended[index].sequence, code);
        char *known = tigetstr(extended[index].name);
        if (known && known != (char *)-1 && known[0] == '\033') define_key(known, code);
    }
}

static void read_size(int *columns, int *rows) {
    struct winsize size;
    *columns = 80;
    *rows = 24;
    if (ioctl(term.tty_fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *columns = size.ws_col;
        *rows = size.ws_row;
    }
}

// Draws one line character, asks what the background is and where the cursor is. Nobody waits for the answers: they come as
// events. The character stands in the second row, as the answer for the first is what shift and F3 send.
static void ask_terminal(void) {
    static const char question[] = "\033[2;1H\342\224\200\033]11;?\033\\\033[6n";
    if (write_all(question, sizeof question - 1)) term.asked_at = now_milliseconds();
}

// The numbers of a sequence: "2;3R" says that the cursor is in the third column of the second row.
static bool read_cursor_answer(const char *text, evk_event *event) {
    int row = 0, column = 0, used = 0;
    if (!term.asked_at || sscanf(text, "%d;%d%n", &row, &column, &used) != 2 || strcmp(text + used, "R") != 0) return false;
    term.asked_at = 0;
    if (column != 3) return false;
    event->kind = EVK_AMBIGUOUS_WIDE;
    return true;
}

// "11;rgb:0000/0000/0000": one to four digits a channel; terminals send two or four.
static bool read_color_answer(const char *text, evk_event *event) {
    unsigned r, g, b;
    if (sscanf(text, "11;rgb:%4x/%4x/%4x", &r, &g, &b) != 3) return false;
    const char *digits = strchr(text, ':') + 1;
    int shift = strchr(digits, '/') - digits == 4 ? 8 : 0;
    event->kind = EVK_BACKGROUND;
    event->code = (int32_t)((r >> shift & 255) << 16 | (g >> shift & 255) << 8 | (b >> shift & 255));
    return true;
}

// An answer that is still on its way must not be typed into the shell.
static void await_answer(void) {
    char answer[64];
    while (term.asked_at) {
        int64_t left = term.asked_at + PROBE_MILLISECONDS - now_milliseconds();
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)left) <= 0) break;
        ssize_t count = read(STDIN_FILENO, answer, sizeof answer);
        if (count <= 0 || memchr(answer, 'R', (size_t)count)) break;
    }
    term.asked_at = 0;
}

evk_status evk_open(evk_options options, evk_terminal *terminal) {
    if (term.open) return EVK_ALREADY_OPEN;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return EVK_NOT_A_TERMINAL;
    const char *type = getenv("TERM");
    if (!type || !*type) return EVK_TYPE_UNSET;
    choose_locale();
    if (tcgetattr(STDIN_FILENO, &term.saved) != 0) return EVK_SYSTEM;
    term.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    term.plain_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    term.draw_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    term.tty_fd = open_terminal();
    term.blocks = term.tty_fd < 0;
    if (term.blocks) term.tty_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (term.tty_fd < 0 || term.draw_fd < 0 || term.plain_fd < 0) return EVK_SYSTEM;
    term.out = fdopen(term.draw_fd, "w");
    if (!term.out) return EVK_SYSTEM;
    sigset_t set;
    loop_signals(&set);
    term.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (term.signal_fd < 0) return EVK_SYSTEM;
    term.buffer_fd = memfd_create("evenkeel-frame", MFD_CLOEXEC);
    if (ending_fd < 0) ending_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ending_fd < 0) return EVK_SYSTEM;

    terminal->drawn_as[0] = 0;
    term.screen = start_screen(type);
    if (!term.screen) term.screen = start_relative(type, terminal->drawn_as, sizeof terminal->drawn_as);
    if (!term.screen) return EVK_TYPE_UNKNOWN;
    char *address = tigetstr("cup");
    if (!address || address == (char *)-1) {
        endwin();
        delscreen(term.screen);
        term.screen = NULL;
        return EVK_TYPE_TOO_POOR;
    }
    term.open = true;
    term.mouse = options.mouse;
    static bool registered = false;
    if (!registered) atexit(evk_close);
    registered = true;
    block_signals();
    arm_crash_handlers();
    closed = false;
    if (!is_watching) {
        if (pthread_create(&watcher, NULL, watch, NULL) != 0) return EVK_SYSTEM;
        is_watching = true;
    }
    capture_errors();

    set_escdelay(25);
    raw();
    noecho();
    nonl();
    curs_set(0);
    typeahead(-1);
    // Keys are read through a pad: reading through a window would refresh it first.
    term.keys = newpad(1, 1);
    keypad(term.keys, TRUE);
    wtimeout(term.keys, 0);
    define_keys();
    term.color = !options.no_color && has_colors() && start_color() == OK;
    if (term.color) use_default_colors();
    int columns, rows;
    read_size(&columns, &rows);
    term.columns = columns;
    term.rows = rows;
    resize_term(rows, columns);
    // The first refresh enters the alternate screen; the question of the probe belongs there.
    clearok(curscr, TRUE);
    wnoutrefresh(stdscr);
    doupdate();
    terminal->utf8 = term.utf8;
    terminal->colors = term.color ? COLORS : 0;
    terminal->pairs = term.color ? COLOR_PAIRS : 0;
    if (options.probe && term.utf8) ask_terminal();
    clearok(curscr, TRUE);
    extras_on();
    return EVK_OK;
}

void evk_close(void) {
    if (!term.open) return;
    term.open = false;
    if (!term.released) {
        await_answer();
        leave();
    }
    closed = true;
}

void evk_size(int32_t *columns, int32_t *rows) {
    *columns = term.columns;
    *rows = term.rows;
}

// Events

static bool follow(wint_t *character) {
    // The rest of a sequence is on its way; a slow line may need a moment.
    wtimeout(term.keys, FOLLOW_MILLISECONDS);
    int result = wget_wch(term.keys, character);
    wtimeout(term.keys, 0);
    return result == OK;
}

// Ctrl-c in what looks like a sequence: somebody typed that fast, and wants to leave. It is read again as a key.
static bool breaks_off(wint_t character) {
    return character == 3 && unget_wch(3) == OK;
}

static bool read_mouse(evk_event *event) {
    int32_t numbers[3] = {0, 0, 0};
    int count = 0;
    wint_t character;
    while (follow(&character)) {
        if (character >= '0' && character <= '9') {
            if (count < 3 && numbers[count] < 100000) {
                numbers[count] = numbers[count] * 10 + (int32_t)(character - '0');
            }
        } else if (character == ';') {
            count++;
        } else {
            if (breaks_off(character) || (character != 'M' && character != 'm')) return false;
            event->kind = EVK_MOUSE;
            event->code = numbers[0];
            event->x = numbers[1] - 1;
            event->y = numbers[2] - 1;
            event->pressed = character == 'M';
            return true;
        }
    }
    return false;
}

static void read_paste(evk_event *event) {
    term.paste_count = 0;
    wint_t character;
    // A terminal that forgets the end must not hold the loop for ever.
    wtimeout(term.keys, 1000);
    for (;;) {
        int result = wget_wch(term.keys, &character);
        if (result == ERR || (result == KEY_CODE_YES && character == CODE_PASTE_END)) break;
        if (result == KEY_CODE_YES) {
            if (character != KEY_ENTER) continue;
            character = '\n';
        }
        if (term.paste_count == PASTE_LIMIT) continue;
        if (term.paste_count == term.paste_size) {
            int32_t size = term.paste_size ? term.paste_size * 2 : 1024;
            uint32_t *more = realloc(term.paste, (size_t)size * sizeof *more);
            if (!more) continue;
            term.paste = more;
            term.paste_size = size;
        }
        term.paste[term.paste_count++] = character == '\r' ? '\n' : (uint32_t)character;
    }
    wtimeout(term.keys, 0);
    event->kind = EVK_PASTE;
    event->code = term.paste_count;
}

const uint32_t *evk_pasted(void) {
    return term.paste;
}

// Adds a character to a text of at most `size` bytes; returns its length. What is not ASCII is no part of an answer.
static size_t keep(char *text, size_t size, size_t length, wint_t character) {
    if (length + 1 < size) text[length++] = character < 128 ? (char)character : '?';
    text[length] = 0;
    return length;
}

// An escape came. Alone it is the key; with something right behind it is alt and that; an unknown
// sequence is swallowed whole, as its letters would be taken for commands.
static bool read_escape(evk_event *event) {
    wint_t character;
    int result = wget_wch(term.keys, &character);
    event->kind = EVK_CHARACTER;
    event->code = 27;
    if (result == ERR) return true;
    if (result == KEY_CODE_YES || character == 27 || character == 3) {
        if (result == KEY_CODE_YES) ungetch((int)character);
        else unget_wch((wchar_t)character);
        return true;
    }
    if (character == '[' || character == 'O') {
        wint_t next;
        if (wget_wch(term.keys, &next) == OK) {
            if (breaks_off(next) || character == 'O') return false;
            char text[32];
            size_t length = keep(text, sizeof text, 0, next);
            while (next < 0x40 || next > 0x7E) {
                if (breaks_off(next) || !follow(&next)) return false;
                length = keep(text, sizeof text, length, next);
            }
            return read_cursor_answer(text, event);
        }
    }
    if (character == ']' || character == 'P') {
        wint_t next;
        char text[32] = "";
        size_t length = 0;
        while (follow(&next)) {
            if (next == 7) return character == ']' && read_color_answer(text, event);
            if (breaks_off(next)) return false;
            if (next == 27) {
                follow(&next);
                return character == ']' && read_color_answer(text, event);
            }
            length = keep(text, sizeof text, length, next);
        }
        if (length > 0) return false;
    }
    event->kind = EVK_ALT;
    event->code = (int32_t)character;
    return true;
}

static bool read_code(int code, evk_event *event) {
    static const struct {
        int code;
        evk_key key;
    } keys[] = {
        {KEY_UP, EVK_UP}, {KEY_DOWN, EVK_DOWN}, {KEY_LEFT, EVK_LEFT}, {KEY_RIGHT, EVK_RIGHT},
        {KEY_HOME, EVK_HOME}, {KEY_END, EVK_END}, {KEY_PPAGE, EVK_PAGE_UP},
        {KEY_NPAGE, EVK_PAGE_DOWN}, {KEY_IC, EVK_INSERT}, {KEY_DC, EVK_DELETE},
        {KEY_BACKSPACE, EVK_BACKSPACE}, {KEY_ENTER, EVK_ENTER}, {KEY_BTAB, EVK_BACKTAB},
        {KEY_SR, EVK_SHIFT_UP}, {KEY_SF, EVK_SHIFT_DOWN}, {KEY_SLEFT, EVK_SHIFT_LEFT},
        {KEY_SRIGHT, EVK_SHIFT_RIGHT}, {KEY_FIND, EVK_HOME}, {KEY_SELECT, EVK_END},
        {KEY_A1, EVK_HOME}, {KEY_C1, EVK_END}, {KEY_A3, EVK_PAGE_UP}, {KEY_C3, EVK_PAGE_DOWN},
    };
    if (code >= CODE_EXTENDED && code <= CODE_EXTENDED + EVK_CONTROL_RIGHT) {
        event->kind = EVK_KEY;
        event->code = code - CODE_EXTENDED;
        return true;
    }
    if (code >= KEY_F(1) && code <= KEY_F(24)) {
        event->kind = EVK_FUNCTION;
        event->code = code - KEY_F0;
        return true;
    }
    switch (code) {
    case CODE_PASTE_BEGIN:
        read_paste(event);
        return true;
    case CODE_FOCUS_IN:
    case CODE_FOCUS_OUT:
        event->kind = EVK_FOCUS;
        event->code = code == CODE_FOCUS_IN;
        return true;
    case CODE_MOUSE:
        return read_mouse(event);
    }
    for (size_t index = 0; index < sizeof keys / sizeof *keys; index++) {
        if (keys[index].code != code) continue;
        event->kind = EVK_KEY;
        event->code = (int32_t)keys[index].key;
        return true;
    }
    return false;
}

static bool read_key(evk_event *event) {
    for (;;) {
        wint_t character;
        int result = wget_wch(term.keys, &character);
        if (result == ERR) return false;
        if (result == KEY_CODE_YES) {
            if (read_code((int)character, event)) return true;
        } else if (character == 27) {
            if (read_escape(event)) return true;
        } else {
            event->kind = EVK_CHARACTER;
            event->code = (int32_t)character;
            return true;
        }
    }
}

static bool take_size(evk_event *event) {
    int columns, rows;
    read_size(&columns, &rows);
    if (columns == term.columns && rows == term.rows) return false;
    term.columns = columns;
    term.rows = rows;
    // resizeterm would also queue a KEY_RESIZE.
    resize_term(rows, columns);
    werase(stdscr);
    clearok(curscr, TRUE);
    event->kind = EVK_RESIZE;
    event->x = columns;
    event->y = rows;
    return true;
}

// The terminal tells its size only to the group in front, so a change while we were not is news.
static void ask_for_size(void) {
    kill(getpid(), SIGWINCH);
}

static bool read_signal(evk_event *event) {
    struct signalfd_siginfo info;
    if (ending) {
        event->kind = EVK_TERMINATE;
        event->code = ending;
        return true;
    }
    while (read(term.signal_fd, &info, sizeof info) == sizeof info) {
        switch (info.ssi_signo) {
        case SIGWINCH:
            if (take_size(event)) return true;
            break;
        case SIGTSTP:
            event->kind = EVK_SUSPEND;
            return true;
        case SIGCONT:
            // Stopped by SIGSTOP, without a chance to leave: the shell had the terminal.
            reset_prog_mode();
            extras_on();
            clearok(curscr, TRUE);
            ask_for_size();
            event->kind = EVK_RESUMED;
            return true;
        }
    }
    return false;
}

bool evk_next_event(int32_t timeout_milliseconds, evk_event *event) {
    *event = (evk_event){.kind = EVK_NONE};
    if (!term.open) {
        event->kind = EVK_HANGUP;
        return true;
    }
    int64_t deadline = timeout_milliseconds > 0 ? now_milliseconds() + timeout_milliseconds : 0;
    for (;;) {
        // ncurses may hold keys of its own; poll knows nothing of them.
        if (term.more_input) {
            if (read_key(event)) return true;
            term.more_input = false;
        }
        if (term.gone) {
            event->kind = EVK_HANGUP;
            return true;
        }
        int32_t wait = timeout_milliseconds;
        if (timeout_milliseconds > 0) {
            int64_t left = deadline - now_milliseconds();
            wait = left > 0 ? (int32_t)left : 0;
        }
        struct pollfd files[4] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = term.signal_fd, .events = POLLIN},
            {.fd = ending_fd, .events = POLLIN},
            {.fd = term.queue_count > 0 ? term.tty_fd : -1, .events = POLLOUT},
        };
        int ready = poll(files, 4, wait);
        if (ready < 0 && errno != EINTR) return false;
        if (ready < 0) continue;
        if (ready == 0) return false;
        if (((files[1].revents | files[2].revents) & POLLIN) && read_signal(event)) return true;
        if (files[3].revents & POLLOUT) {
            drain();
            if (term.queue_count == 0 && term.stale) evk_flush();
        }
        if (files[0].revents & POLLIN) {
            if (read_key(event)) {
                term.more_input = true;
                return true;
            }
            // Readable, and nothing to read: the end of the input.
            int waiting = 0;
            struct pollfd again = {.fd = STDIN_FILENO, .events = POLLIN};
            if (poll(&again, 1, 0) > 0
                && (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0)) {
                term.gone = true;
            }
        } else if (files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
            term.gone = true;
        }
        if (timeout_milliseconds == 0 && !term.gone) return false;
    }
}

// Drawing

bool evk_define_pair(int32_t pair, int32_t foreground, int32_t background) {
    return term.color && init_extended_pair(pair, foreground, background) == OK;
}

void evk_draw(int32_t y, int32_t x, const evk_cell *cells, int32_t count) {
    if (!term.open || term.released) return;
    // A wide character that the C library measures otherwise becomes two blanks.
    int needed = count * 2 + 1;
    if (needed > term.row_size) {
        cchar_t *more = realloc(term.row, (size_t)needed * sizeof *more);
        if (!more) return;
        term.row = more;
        term.row_size = needed;
    }
    int length = 0;
    for (int32_t index = 0; index < count; index++) {
        const evk_cell *cell = &cells[index];
        attr_t attributes = A_NORMAL;
        if (cell->attributes & 1) attributes |= A_BOLD;
        if (cell->attributes & 2) attributes |= A_DIM;
        if (cell->attributes & 4) attributes |= A_ITALIC;
        if (cell->attributes & 8) attributes |= A_UNDERLINE;
        if (cell->attributes & 16) attributes |= A_REVERSE;
        wchar_t text[4] = {(wchar_t)cell->scalar, cell->mark1, cell->mark2, 0};
        int columns = cell->columns;
        if (cell->scalar > 126) {
            if (!term.utf8) {
                text[0] = '?';
                text[1] = 0;
            } else if (wcwidth(text[0]) != columns) {
                text[0] = ' ';
                text[1] = 0;
            }
            if (text[1] && wcwidth(text[1]) != 0) text[1] = 0;
            if (text[1] && text[2] && wcwidth(text[2]) != 0) text[2] = 0;
        }
        setcchar(&term.row[length++], text, attributes, (short)cell->pair, NULL);
        if (columns == 2 && text[0] < 127) {
            wchar_t blank[2] = {' ', 0};
            setcchar(&term.row[length++], blank, attributes, (short)cell->pair, NULL);
        }
    }
    mvadd_wchnstr(y, x, term.row, length);
}

void evk_invalidate(void) {
    if (term.open) clearok(curscr, TRUE);
}

bool evk_flush(void) {
    if (!term.open || term.released || term.gone) return false;
    drain();
    // A frame more would only wait behind the one that nobody reads. It is drawn when there is room.
    term.stale = term.queue_count > 0;
    if (term.stale) return true;
    wnoutrefresh(stdscr);
    bool gathers = begin_gathering();
    doupdate();
    return gathers ? end_gathering("\033[?2026h", "\033[?2026l") : !term.gone;
}

// Lending the terminal, stopping, and other programs

void evk_release(void) {
    if (!term.open || term.released) return;
    leave();
    term.released = true;
}

void evk_retake(void) {
    if (!term.open || !term.released) return;
    term.released = false;
    capture_errors();
    crash_armed = 1;
    reset_prog_mode();
    flushinp();
    clearok(curscr, TRUE);
    // Enters the alternate screen before the extras are asked for.
    wnoutrefresh(stdscr);
    bool gathers = begin_gathering();
    doupdate();
    if (gathers) end_gathering("", "");
    clearok(curscr, TRUE);
    extras_on();
    ask_for_size();
}

static void drain_signal(int number) {
    sigset_t set;
    struct timespec none = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, number);
    while (sigtimedwait(&set, NULL, &none) >= 0) {}
}

void evk_stop(void) {
    sigset_t set;
    drain_signal(SIGTSTP);
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    // The whole group, as the terminal does it: a script that started us must stop as well.
    kill(0, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    drain_signal(SIGTSTP);
    drain_signal(SIGCONT);
}

int32_t evk_run(const char *const *arguments) {
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    pid_t started;
    // Our blocked mask and ignored signals must not be inherited.
    sigemptyset(&none);
    loop_signals(&defaults);
    add_ending_signals(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int result = posix_spawnp(
        &started, arguments[0], NULL, &attributes, (char *const *)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    if (result != 0) {
        errno = result;
        return -1;
    }
    child = started;
    for (;;) {
        int status;
        if (waitpid(started, &status, WUNTRACED) < 0) {
            if (errno == EINTR) continue;
            child = 0;
            return -1;
        }
        // An editor stopped with ctrl-z: stop with it, or the shell would wait for us for ever.
        if (WIFSTOPPED(status)) {
            evk_stop();
            kill(started, SIGCONT);
            continue;
        }
        child = 0;
        drain_signal(SIGTSTP);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}
