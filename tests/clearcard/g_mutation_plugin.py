import pytest
@pytest.fixture(autouse=True)
def _mutate(monkeypatch):
    from clearcard.rules import doubt as r
    from clearcard.services import doubt as s
    real = r.judge
    def bad(sent, word):
        v = real(sent, word)
        return r.Verdict.NEVER_RAN if v is r.Verdict.RAN else v
    monkeypatch.setattr(s, "judge", bad)
