"""Real faults on real processes, and what they must not change.

    pytest -m faults                                # the short form, part of every run of the tests
    DIALGRAPH_FAULT_ROUNDS=50 pytest -m faults      # each fault 50 times; some hours

Each test adds a row to the table that is printed in the end: how often it tried, what senders were
told (acknowledged, or 503: send again), and what was found to be lost, duplicated or out of order,
in the log and at subscribers. The times are of the machine; an election takes 2 s here.
"""
