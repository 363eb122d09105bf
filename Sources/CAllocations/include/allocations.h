#pragma once
/// How many blocks this process has asked malloc for so far; -1 where that cannot be counted.
long allocation_count(void);
/// Gives free memory back to the system, where that can be asked for.
void give_back(void);
