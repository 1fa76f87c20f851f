from tests.runs import rewrite

rewrite()
