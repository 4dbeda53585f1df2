// QuestionWriting
