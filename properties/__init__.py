"""What must always hold: contracts, strategies, judges, laws, budgets and mutants.

A contract joins an operation's oracle with the strategy that draws its inputs, the judge of its
answers, the laws it must obey and the bytes it must move. Laws are plain functions of a contract, a
subject (the implementation under judgement) and a case; pytest is only one way to run them.
"""
