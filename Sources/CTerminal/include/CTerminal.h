#ifndef EVENKEEL_CTERMINAL_H
#define EVENKEEL_CTERMINAL_H

#include <stdbool.h>
#include <stdint.h>

// All that Evenkeel wants from ncurses and from signals, in plain types: <ncurses.h> stays out of
// this header, because Swift cannot use its macros and must not use its globals.
// One terminal a process, one thread.

typedef enum {
    EVK_OK = 0,
    EVK_NOT_A_TERMINAL,
    EVK_TYPE_UNSET,
    EVK_TYPE_UNKNOWN,
    EVK_TYPE_TOO_POOR,
    EVK_ALREADY_OPEN,
    EVK_SYSTEM,
} evk_status;

typedef struct {
    bool no_color;
    bool mouse;
    /// Ask the terminal how wide it draws a line, and for its background. The answers come as events.
    bool probe;
} evk_options;

typedef struct {
    bool utf8;
    int32_t colors;
    int32_t pairs;
    /// The type it is drawn as, where the system has no entry for its own; empty otherwise.
    char drawn_as[32];
} evk_terminal;

typedef enum {
    EVK_NONE = 0,
    /// `code` is a Unicode scalar, control characters included.
    EVK_CHARACTER,
    /// `code` is a Unicode scalar that came right after an escape.
    EVK_ALT,
    /// `code` is an evk_key.
    EVK_KEY,
    /// `code` is F1 = 1 and so on.
    EVK_FUNCTION,
    /// `code` scalars wait in evk_pasted().
    EVK_PASTE,
    /// `code` is the SGR button number, `x` and `y` count from 0, `pressed` tells down from up.
    EVK_MOUSE,
    /// `x` columns, `y` rows.
    EVK_RESIZE,
    /// `code` is 1 or 0.
    EVK_FOCUS,
    EVK_SUSPEND,
    EVK_RESUMED,
    /// `code` is the signal.
    EVK_TERMINATE,
    EVK_HANGUP,
    /// The terminal draws East Asian ambiguous characters in two columns.
    EVK_AMBIGUOUS_WIDE,
    /// `code` is the background, 0xRRGGBB.
    EVK_BACKGROUND,
} evk_event_kind;

typedef enum {
    EVK_UP = 1, EVK_DOWN, EVK_LEFT, EVK_RIGHT, EVK_HOME, EVK_END, EVK_PAGE_UP, EVK_PAGE_DOWN,
    EVK_INSERT, EVK_DELETE, EVK_BACKSPACE, EVK_ENTER, EVK_BACKTAB,
    EVK_SHIFT_UP, EVK_SHIFT_DOWN, EVK_SHIFT_LEFT, EVK_SHIFT_RIGHT,
    EVK_CONTROL_UP, EVK_CONTROL_DOWN, EVK_CONTROL_LEFT, EVK_CONTROL_RIGHT,
} evk_key;

typedef struct {
    evk_event_kind kind;
    int32_t code;
    int32_t x;
    int32_t y;
    bool pressed;
} evk_event;

/// One character on the screen. Bits of `attributes`: 1 bold, 2 dim, 4 italic, 8 underline,
/// 16 reverse. `columns` is 1 or 2.
typedef struct {
    uint32_t scalar;
    uint16_t mark1;
    uint16_t mark2;
    int32_t pair;
    uint8_t attributes;
    uint8_t columns;
} evk_cell;

/// Takes the terminal. On EVK_SYSTEM, errno tells.
///
/// From here on SIGTSTP, SIGCONT and SIGWINCH come as events; so do SIGINT, SIGTERM, SIGHUP and
/// SIGQUIT, but the process ends by them, with the terminal given back, if it does not do so
/// itself within a tenth of a second. All other signals that end a process give it back as well.
evk_status evk_open(evk_options options, evk_terminal *terminal);

/// Gives the terminal back; nothing happens if it is not taken.
void evk_close(void);

void evk_size(int32_t *columns, int32_t *rows);

/// Waits for one event; -1 waits for ever, 0 only looks.
bool evk_next_event(int32_t timeout_milliseconds, evk_event *event);

/// The scalars of the last paste; they stay until the next event.
const uint32_t *evk_pasted(void);

/// Defines a pair of colours, -1 being the terminal's own. False if the terminal refuses.
bool evk_define_pair(int32_t pair, int32_t foreground, int32_t background);

/// Puts characters into a row from column `x` on; shown by evk_flush.
void evk_draw(int32_t y, int32_t x, const evk_cell *cells, int32_t count);

/// Makes the next evk_flush draw everything.
void evk_invalidate(void);

/// Shows what was drawn in a single write, which never waits: what a terminal that is not read
/// does not take is written during evk_next_event. False if the terminal is gone.
bool evk_flush(void);

/// Writes bytes past ncurses, as for the clipboard; never waits.
bool evk_write(const uint8_t *bytes, int64_t count);

/// Lends the terminal to another program, and takes it again.
void evk_release(void);
void evk_retake(void);

/// Stops the process group as SIGTSTP does and returns when it is continued.
/// The terminal must have been released.
void evk_stop(void);

/// Runs a program with the caller's terminal and default signals, waits, and returns its exit
/// status, 128 + n after signal n, or -1 with errno if it could not be started.
int32_t evk_run(const char *const *arguments);

#endif
