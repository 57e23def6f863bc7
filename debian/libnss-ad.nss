passwd after=files ad
group after=files ad
shadow after=files ad
