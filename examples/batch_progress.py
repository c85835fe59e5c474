"""A thousand questions at once, within the limits of the account, with a bar.

Needs: pip install "kimi-k2-integrations[langchain,cli]", and MOONSHOT_API_KEY.

`rate_limit=1` keeps requests and tokens below what Moonshot allows an account of tier 1,
so that no request is made in vain. One that fails all the same does not end the others.
"""

import asyncio

from tqdm import tqdm

from langchain_kimi import ChatKimiK2

TIER = 1  # what you have paid in: platform.moonshot.ai, "Limits"
QUESTIONS = [f"Is {number} a prime number? One word." for number in range(1_000)]


async def main(questions: list[str]) -> None:
    """Ask all, show how far it is, and say what failed."""
    llm = ChatKimiK2(rate_limit=TIER, reasoning_effort="low")
    answers: dict[int, str] = {}
    failed: dict[int, Exception] = {}
    together = llm.abatch_as_completed(questions, return_exceptions=True)
    with tqdm(total=len(questions), unit="answer") as bar:
        async for index, answer in together:
            if isinstance(answer, Exception):
                failed[index] = answer
            else:
                answers[index] = answer.text
            bar.update()
    print(f"{len(answers)} answers, {len(failed)} errors")
    for index, error in failed.items():
        print(f"{questions[index]} {error}")


if __name__ == "__main__":
    asyncio.run(main(QUESTIONS))
