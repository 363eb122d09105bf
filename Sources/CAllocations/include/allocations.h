#pragma once
/// How many blocks this process has asked malloc for so far; -1 where that cannot be counted.
long allocation_count(void);
